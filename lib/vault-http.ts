/** One HTTP request to Vault or OpenBao: address, namespace, token, wrapping. Knows no path of the API. */
import { plainText } from "./expected-error.ts";
import { exchange, jsonHeaders } from "./http-exchange.ts";
import { parseJson } from "./parse-json.ts";

/** Where a Vault server is reached, and as whom. */
export interface VaultServer {
  /** `http:` or `https:` URL; a path in it is kept as prefix. */
  readonly address: string;
  /** Empty: the root namespace. */
  readonly namespace: string;
  /** PEM text of the only CA that is trusted; undefined: Node's own list and the system's. */
  readonly caPem: string | undefined;
  /** Sent as header; undefined: an unauthenticated call. */
  readonly token: string | undefined;
  /** For the whole exchange; 10 seconds when undefined. */
  readonly deadlineMs?: number;
}

export interface VaultRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below `/v1/`, without a leading slash; a query may follow. */
  readonly path: string;
  readonly body?: unknown;
  /** Ask for the answer wrapped, for this many seconds. */
  readonly wrapSeconds?: number;
  /** `false`: without the namespace, for `sys/health`, which only the root namespace answers. */
  readonly namespaced?: boolean;
}

/** An answer of any status, or none. `body` is undefined when it is not JSON. */
export type VaultAnswer =
  | { readonly kind: "answer"; readonly status: number; readonly body: unknown }
  | { readonly kind: "none"; readonly why: string };

/** Sends one request. Never rejects, and never names a token in what it says. */
export async function vaultRequest(server: VaultServer, request: VaultRequest): Promise<VaultAnswer> {
  const url = requestUrl(server.address, request.path);
  if (url === undefined) return { kind: "none", why: `"${plainText(server.address, 200)}" is not a URL` };
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const end = await exchange(url, {
    method: request.method,
    headers: headers(server, request, body),
    body,
    caPem: server.caPem,
    deadlineMs: server.deadlineMs ?? 10_000,
  });
  if (end.kind === "none") return end;
  return { kind: "answer", status: end.status, body: end.text.trim() === "" ? {} : parseJson(end.text) };
}

function requestUrl(address: string, path: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  const [route = "", query = ""] = path.split("?", 2);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/${route.split("/").map(encodeURIComponent).join("/")}`;
  url.search = query;
  return url;
}

function headers(
  server: VaultServer,
  request: VaultRequest,
  body: string | undefined,
): Record<string, string> {
  return {
    "X-Vault-Request": "true",
    ...(server.token === undefined ? {} : { "X-Vault-Token": server.token }),
    ...(server.namespace === "" || request.namespaced === false
      ? {}
      : { "X-Vault-Namespace": server.namespace }),
    ...(request.wrapSeconds === undefined ? {} : { "X-Vault-Wrap-TTL": `${request.wrapSeconds}s` }),
    ...(body === undefined ? {} : jsonHeaders(body)),
  };
}
