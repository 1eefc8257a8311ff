/** A Vault in memory over HTTP. It has tokens, wrapping and one KV mount, and can fail on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface FakeToken {
  accessor: string;
  policies: string[];
  meta: Record<string, string>;
  orphan: boolean;
  role: string;
  /** Seconds left. */
  ttl: number;
  creation_time?: number;
  expire_time?: string;
  bound_cidrs?: string[];
}

interface FakeEntry {
  /** null: deleted. */
  data: Record<string, unknown> | null;
  version: number;
}

interface Reply {
  status: number;
  body: unknown;
}

/** Starts on a free port. `close` stops it. */
export class FakeVault {
  readonly tokens = new Map<string, FakeToken>();
  readonly wraps = new Map<string, string>();
  readonly entries = new Map<string, FakeEntry>();
  /** Custom metadata of entries, by metadata path. */
  readonly metadata = new Map<string, Record<string, string>>();
  /** The called paths with their methods. */
  readonly calls: string[] = [];
  /** Whether no client may list accessors. */
  unlisted = false;
  /** Most requests that were under way at the same time. */
  mostAtOnce = 0;
  #now = 0;
  /** While it is set, every call gets this answer. */
  broken: Reply | undefined;
  /** Called before each KV write, for a second writer that is faster. */
  beforeWrite: ((path: string) => void) | undefined;
  address = "";
  #server = createServer((request, response) => void this.#serve(request, response));
  #count = 0;

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.address = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Makes a token like the fleet's role. */
  mint(user: string, changes: Partial<FakeToken> = {}): { token: string; accessor: string } {
    const number = ++this.#count;
    const token = `fake-token-${number}`;
    const accessor = `fake-accessor-${number}`;
    this.tokens.set(token, {
      accessor,
      policies: [`claude-dev-${user}`],
      meta: { fleet: "dev", user, host: "devvm" },
      orphan: true,
      role: "claude-dev",
      ttl: 2_000_000,
      ...changes,
    });
    return { token, accessor };
  }

  /** Makes a token like {@link mint}, and wraps it. */
  mintWrapped(
    user: string,
    changes: Partial<FakeToken> = {},
  ): { wrappedToken: string; wrappedAccessor: string } {
    const { token, accessor } = this.mint(user, changes);
    const wrappedToken = `fake-wrap-${accessor}`;
    this.wraps.set(wrappedToken, token);
    return { wrappedToken, wrappedAccessor: accessor };
  }

  revoke(accessor: string): void {
    for (const [token, found] of this.tokens) if (found.accessor === accessor) this.tokens.delete(token);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#now);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    const path = (request.url ?? "").replace(/^\/v1\//, "").replace(/\?.*$/, "");
    this.calls.push(`${request.method} ${path}`);
    const token = request.headers["x-vault-token"];
    const reply = this.broken ?? this.#answer(request.method ?? "", path, String(token), body);
    response.writeHead(reply.status, { "Content-Type": "application/json" });
    this.#now--;
    response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  }

  #answer(method: string, path: string, token: string, body: Record<string, unknown>): Reply {
    if (path === "sys/health") return { status: 200, body: { sealed: false, version: "1.0" } };
    if (path === "sys/wrapping/unwrap") return this.#unwrap(token);
    const found = this.tokens.get(token);
    if (found === undefined) return { status: 403, body: { errors: ["permission denied"] } };
    if (path === "auth/token/lookup-self") {
      return { status: 200, body: { data: { ...found, explicit_max_ttl: 0 } } };
    }
    if (path === "auth/token/renew-self") {
      found.ttl = 2_764_800;
      return { status: 200, body: { auth: { lease_duration: found.ttl } } };
    }
    if (path === "auth/token/accessors") {
      if (this.unlisted) return { status: 403, body: { errors: ["permission denied"] } };
      return {
        status: 200,
        body: { data: { keys: [...this.tokens.values()].map(({ accessor }) => accessor) } },
      };
    }
    if (path === "auth/token/lookup-accessor" || path === "auth/token/revoke-accessor") {
      return this.#byAccessor(path, String(body["accessor"]));
    }
    const custom = this.metadata.get(path);
    if (custom !== undefined) {
      if (method === "DELETE") this.metadata.delete(path);
      return { status: 200, body: { data: { custom_metadata: custom } } };
    }
    return this.#kv(method, path, body);
  }

  #byAccessor(path: string, accessor: string): Reply {
    const found = [...this.tokens.values()].find((token) => token.accessor === accessor);
    if (found === undefined) return { status: 403, body: { errors: ["invalid accessor"] } };
    if (path.endsWith("revoke-accessor")) this.revoke(accessor);
    return { status: 200, body: { data: { ...found, explicit_max_ttl: 0 } } };
  }

  #unwrap(wrap: string): Reply {
    const token = this.wraps.get(wrap);
    this.wraps.delete(wrap);
    const found = token === undefined ? undefined : this.tokens.get(token);
    if (found === undefined) {
      return { status: 400, body: { errors: ["wrapping token is not valid or does not exist"] } };
    }
    return { status: 200, body: { auth: { client_token: token, accessor: found.accessor } } };
  }

  #kv(method: string, path: string, body: Record<string, unknown>): Reply {
    const entry = this.entries.get(path);
    if (method === "GET") {
      if (entry === undefined) return { status: 404, body: { errors: [] } };
      const status = entry.data === null ? 404 : 200;
      return { status, body: { data: { data: entry.data, metadata: { version: entry.version } } } };
    }
    this.beforeWrite?.(path);
    const version = this.entries.get(path)?.version ?? 0;
    if ((body["options"] as { cas: number }).cas !== version) {
      const why = "check-and-set parameter did not match the current version";
      return { status: 400, body: { errors: [why] } };
    }
    this.entries.set(path, { data: body["data"] as Record<string, unknown>, version: version + 1 });
    return { status: 200, body: { data: { version: version + 1 } } };
  }
}
