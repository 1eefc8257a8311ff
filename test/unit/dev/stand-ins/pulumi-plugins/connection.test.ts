// The connection to Vault: how it logs in, and that no trouble is ever taken for "there is nothing".
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  Connection,
  readSettings,
  VaultError,
} from "../../../../../dev/stand-ins/pulumi-plugins/vault/connection.ts";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly namespace: string;
  readonly body: unknown;
}

let server: Server;
let address: string;
let asked: Asked[];
let answers: Record<string, readonly [number, unknown]>;

beforeEach(async () => {
  asked = [];
  answers = {
    "GET auth/token/lookup-self": [200, { data: {} }],
    "POST auth/token/create": [200, { auth: { client_token: "a-child" } }],
  };
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = (request.url ?? "").replace(/^\/v1\//, "");
      const text = Buffer.concat(chunks).toString("utf8");
      asked.push({
        method: request.method ?? "",
        path,
        token: String(request.headers["x-vault-token"]),
        namespace: String(request.headers["x-vault-namespace"] ?? ""),
        body: text === "" ? undefined : JSON.parse(text),
      });
      const [status, body] = answers[`${request.method ?? ""} ${path}`] ?? [404, { errors: [] }];
      response.writeHead(status).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const connect = (args: Record<string, string> = {}) =>
  new Connection(
    readSettings({ address, maxRetries: "0", ...args }, { VAULT_TOKEN: "from-the-environment" }),
  );

describe("logging in", () => {
  it("looks the token up and works with a child that ends by itself", async () => {
    answers["GET a/path"] = [200, { data: { x: 1 } }];
    expect(await connect({ tokenName: "a run" }).read("a/path")).toEqual({ data: { x: 1 } });
    expect(asked.map(({ path, token }) => [path, token])).toEqual([
      ["auth/token/lookup-self", "from-the-environment"],
      ["auth/token/create", "from-the-environment"],
      ["a/path", "a-child"],
    ]);
    expect(asked[1]?.body).toEqual({
      display_name: "a run",
      ttl: "1200s",
      explicit_max_ttl: "1200s",
      renewable: false,
    });
  });

  it("does so once for many requests, and needs no child when told", async () => {
    const vault = connect({ skipChildToken: "true", token: "given" });
    await Promise.all([vault.read("a"), vault.read("b")]);
    expect(asked.map(({ path }) => path).sort()).toEqual(["a", "auth/token/lookup-self", "b"]);
    expect(new Set(asked.map(({ token }) => token))).toEqual(new Set(["given"]));
  });

  it("says what to do without an address or a token", async () => {
    await expect(connect({ address: "" }).read("a")).rejects.toThrow(/No Vault address: .*VAULT_ADDR/);
    const settings = { ...readSettings({ address }, {}), token: "" };
    const home = process.env["HOME"];
    process.env["HOME"] = "/proc/self/absent";
    try {
      await expect(new Connection(settings).read("a")).rejects.toThrow(/No token .*export VAULT_TOKEN/);
    } finally {
      process.env["HOME"] = home;
    }
  });

  it("is tried again after it has failed", async () => {
    const lookup = answers["GET auth/token/lookup-self"];
    answers["GET auth/token/lookup-self"] = [503, { errors: ["Vault is sealed"] }];
    const vault = connect();
    await expect(vault.read("a")).rejects.toThrow(/sealed.*Unseal it/);
    if (lookup !== undefined) answers["GET auth/token/lookup-self"] = lookup;
    expect(await vault.read("a")).toBeUndefined();
  });

  it("joins the provider's namespace and the resource's", async () => {
    const vault = connect({ namespace: "outer/" });
    await vault.read("a", "/inner");
    expect(asked.at(-1)?.namespace).toBe("outer/inner");
  });
});

describe("answers", () => {
  it("of 404 mean nothing is there to read, an error to write, and fine to delete", async () => {
    const vault = connect();
    expect(await vault.read("a")).toBeUndefined();
    await expect(vault.write("a", {})).rejects.toThrow(/has no path a to write to/);
    await expect(vault.remove("a")).resolves.toBeUndefined();
  });

  it.each([
    [400, "bad", "Correct the request"],
    [403, "permission denied", "VAULT_TOKEN"],
    [500, "internal", "server's log"],
    [503, "Vault is sealed", "Unseal it"],
  ])("of %i are errors that name the remedy", async (status, said, remedy) => {
    answers["GET a"] = [status, { errors: [said] }];
    const failure = await connect()
      .read("a")
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(VaultError);
    expect(failure).toMatchObject({ status });
    expect(String(failure)).toContain(said);
    expect(String(failure)).toContain(remedy);
    expect(String(failure)).not.toContain("a-child");
  });

  it("that do not come are an error too", async () => {
    const away = connect({ address: "http://127.0.0.1:9" });
    await expect(away.read("a")).rejects.toThrow(/gives no answer to GET .*start it, or correct its address/);
  });

  it("of 5xx are asked for again, as often as told", async () => {
    answers["GET auth/token/lookup-self"] = [500, {}];
    await expect(connect({ maxRetries: "1" }).read("a")).rejects.toThrow(/500/);
    expect(asked).toHaveLength(2);
  });
});
