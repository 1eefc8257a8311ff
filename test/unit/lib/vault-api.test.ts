/** What the Vault client concludes from answers. No text that it returns holds a token. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { VaultClient } from "../../../lib/vault-api.ts";
import { describeFailure } from "../../../lib/vault-result.ts";

let server: Server;
let status: number;
let body: string;
let seen: { method: string; url: string; headers: NodeJS.Dict<string | string[]>; body: string }[];
let client: VaultClient;

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(chunks).toString("utf8") });
      if (status === 0) return;
      const other = others.get(url ?? "");
      if (other === undefined) response.writeHead(status).end(body);
      else response.writeHead(200).end(JSON.stringify(other));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`;
  client = new VaultClient({
    address,
    namespace: "team",
    caPem: undefined,
    token: "fake-token",
    deadlineMs: 300,
  });
});

afterEach(() => {
  others.clear();
  server.closeAllConnections();
  server.close();
});

/** Answers of single paths, where they differ from the test's answer. */
const others = new Map<string, unknown>();

function answers(code: number, value: unknown): void {
  status = code;
  body = typeof value === "string" ? value : JSON.stringify(value);
}

describe("a KV read", () => {
  test("returns data and version", async () => {
    answers(200, { data: { data: { a: "1" }, metadata: { version: 3 } } });
    expect(await client.kvRead("secret/data/x")).toEqual({
      kind: "ok",
      value: { data: { a: "1" }, version: 3 },
    });
    expect(seen[0]).toMatchObject({
      method: "GET",
      url: "/prefix/v1/secret/data/x",
      headers: { "x-vault-token": "fake-token", "x-vault-namespace": "team" },
    });
  });

  test.each([
    ["an entry that never was", 404, { errors: [] }, { kind: "notFound", version: 0 }],
    [
      "a deleted version",
      404,
      { data: { data: null, metadata: { version: 7 } } },
      { kind: "notFound", version: 7 },
    ],
    ["a missing mount", 404, { errors: ["no handler for route"] }, { kind: "failed", status: 404 }],
    ["a proxy's page", 404, "<html>not here</html>", { kind: "failed", status: 404 }],
    ["a refusal", 403, { errors: ["permission denied"] }, { kind: "forbidden", why: "permission denied" }],
    ["a sealed server", 503, { errors: ["Vault is sealed"] }, { kind: "sealed" }],
    ["a broken server", 500, { errors: ["internal error"] }, { kind: "failed", status: 500 }],
    ["another shape", 200, { data: 1 }, { kind: "failed", status: 200 }],
  ])("of %s", async (_, code, value, expected) => {
    answers(code, value);
    expect(await client.kvRead("secret/data/x")).toMatchObject(expected);
  });

  test("of a server that does not answer is unreachable after the deadline", async () => {
    answers(0, "");
    const result = await client.kvRead("secret/data/x");
    expect(result).toEqual({ kind: "unreachable", why: "no answer within 300 ms" });
  });
});

test("a write after another writer is a conflict", async () => {
  answers(400, { errors: ["check-and-set parameter did not match the current version"] });
  expect(await client.kvWrite("secret/data/x", { a: "1" }, 4)).toEqual({ kind: "conflict" });
  expect(JSON.parse(seen[0]?.body ?? "")).toEqual({ data: { a: "1" }, options: { cas: 4 } });
});

test("a revocation at a missing path is no success", async () => {
  answers(404, "not here");
  expect(await client.revokeAccessor("a")).toMatchObject({ kind: "failed", status: 404 });
});

test("an accessor without a token is not found", async () => {
  answers(403, { errors: ["1 error occurred: * invalid accessor"] });
  expect(await client.lookupAccessor("a")).toEqual({ kind: "notFound", version: 0 });
});

describe("a 403 for an accessor", () => {
  const lookup = async (capabilities: readonly string[]) => {
    answers(403, { errors: ["1 error occurred:\n\t* permission denied\n\n"] });
    others.set("/prefix/v1/sys/capabilities-self", { data: { capabilities } });
    return client.lookupAccessor("a");
  };

  test("means that there is no token, where this client may look accessors up", async () => {
    expect(await lookup(["update"])).toEqual({ kind: "notFound", version: 0 });
    expect(await lookup(["root"])).toEqual({ kind: "notFound", version: 0 });
    expect(JSON.parse(seen[1]?.body ?? "")).toEqual({ paths: ["auth/token/lookup-accessor"] });
  });

  test("means nothing where this client may not look accessors up, or cannot find that out", async () => {
    expect(await lookup(["deny"])).toMatchObject({ kind: "forbidden" });
    others.clear();
    expect(await client.lookupAccessor("a")).toMatchObject({ kind: "forbidden" });
  });
});

test("minting asks for a wrapped token and returns the accessor of the token inside", async () => {
  answers(200, { wrap_info: { token: "fake-wrap", wrapped_accessor: "inside" } });
  const token = { displayName: "claude-dev-alice", policies: ["p"], meta: { user: "alice" } };
  expect(await client.createWrapped("claude-dev", token, 60)).toEqual({
    kind: "ok",
    value: { wrappedToken: "fake-wrap", wrappedAccessor: "inside" },
  });
  expect(seen[0]?.url).toBe("/prefix/v1/auth/token/create/claude-dev");
  expect(seen[0]?.headers["x-vault-wrap-ttl"]).toBe("60s");
  expect(JSON.parse(seen[0]?.body ?? "")).toEqual({
    display_name: "claude-dev-alice",
    policies: ["p"],
    meta: { user: "alice" },
  });
});

test.each([
  [200, { sealed: false }, "ok"],
  [503, { sealed: true }, "sealed"],
  [501, { initialized: false }, "sealed"],
])("health %i", async (code, value, kind) => {
  answers(code, value);
  expect((await client.health()).kind).toBe(kind);
  expect(seen[0]?.headers["x-vault-namespace"]).toBeUndefined();
});

describe("a lookup", () => {
  const token = { accessor: "a", policies: ["p"], ttl: 2_764_000, creation_time: 1_700_000_000 };
  const lookup = async (more: object) => {
    answers(200, { data: { ...token, ...more } });
    const found = await client.lookupSelf();
    if (found.kind !== "ok") throw new Error(describeFailure(found));
    return found.value;
  };

  test("computes the token's age from Vault's clock alone", async () => {
    // The period of 2764800 s was renewed after 100 days, and 800 s of it have passed.
    const expire_time = new Date((1_700_000_000 + 100 * 86_400 + 2_764_800) * 1000).toISOString();
    expect(await lookup({ expire_time })).toMatchObject({ ageSeconds: 100 * 86_400 + 800 });
  });

  test.each([[{}], [{ expire_time: null }], [{ expire_time: "soon" }]])(
    "with %j tells no age",
    async (more) => {
      expect(await lookup(more)).toMatchObject({ ageSeconds: undefined, boundCidrs: [] });
    },
  );

  test("returns the networks that the token is bound to, sorted", async () => {
    expect(await lookup({ bound_cidrs: ["192.0.2.7", "10.0.0.0/8"] })).toMatchObject({
      boundCidrs: ["10.0.0.0/8", "192.0.2.7"],
    });
  });
});

test.each([
  [{ token_bound_cidrs: ["b", "a"] }, ["a", "b"]],
  [{ bound_cidrs: ["a"] }, ["a"]],
  [{}, []],
])("a token role with %j", async (more, boundCidrs) => {
  answers(200, { data: more });
  expect(await client.tokenRole("claude-dev")).toMatchObject({ kind: "ok", value: { boundCidrs } });
});

test("no text repeats a token, whatever the server answers", async () => {
  const foreign = `hvs.${"x".repeat(40)}`;
  answers(500, { errors: [`the token fake-token and ${foreign} are bad\n\u001b[31m`] });
  const result = await client.lookupSelf();
  if (result.kind === "ok") throw new Error("expected a failure");
  const text = describeFailure(result);
  expect(text).toBe("answered 500 (the token <token> and <token> are bad [31m)");
});
