import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Accounts } from "../../../../../dev/stand-ins/anthropic/accounts.ts";
import { Behaviours } from "../../../../../dev/stand-ins/anthropic/behaviours.ts";
import { AnthropicControl } from "../../../../../dev/stand-ins/anthropic/client.ts";
import { LoginCodes } from "../../../../../dev/stand-ins/anthropic/login-codes.ts";
import { RequestLog } from "../../../../../dev/stand-ins/anthropic/request-log.ts";
import { listen } from "../../../../../dev/stand-ins/anthropic/server.ts";
import { ensureCertificates } from "../../../../../dev/certificates.ts";
import { temporaryFolder } from "../../../../support/fakes/temporary-folder.ts";
import { sha256, type Grant } from "../../../../../dev/stand-ins/anthropic/tokens.ts";

const SECRET = "control-secret-of-this-test";
const HOSTS = ["api.anthropic.com", "platform.claude.com"] as const;

/** The stand-in on ports that the kernel draws. */
async function standIn() {
  const folder = await temporaryFolder();
  const certificates = await ensureCertificates(folder, { name: "test authority", hosts: HOSTS });
  const target = {
    accounts: new Accounts({ accounts: [], tokens: [] }, () => undefined),
    behaviours: new Behaviours([], () => undefined),
    codes: new LoginCodes(),
    log: new RequestLog(3),
  };
  const listeners = [
    { name: "loopback", address: "127.0.0.1", port: 0, tls: false, control: true },
    { name: "containers", address: "127.0.0.1", port: 0, tls: false, control: false },
    { name: "tls", address: "127.0.0.1", port: 0, tls: true, control: false },
  ];
  const servers = await listen(listeners, certificates, SECRET, target);
  onTestFinished(() => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });
  const [plain = 0, containers = 0, tls = 0] = servers.map(
    (server) => (server.address() as AddressInfo).port,
  );
  const base = `http://127.0.0.1:${plain}`;
  return { ...target, base, containers, tls, certificates, control: new AnthropicControl(base, SECRET) };
}

type StandIn = Awaited<ReturnType<typeof standIn>>;
let running: StandIn;
let grant: Grant;

beforeEach(async () => {
  running = await standIn();
  grant = running.accounts.login(running.accounts.account("alice@example.com"));
});

const MESSAGE: Readonly<Record<string, unknown>> = {
  model: "claude-haiku-4-5",
  max_tokens: 5,
  messages: [{ role: "user", content: "hi" }],
};

function message(token: string, { headers = {}, body = MESSAGE } = {}) {
  return fetch(`${running.base}/v1/messages`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "anthropic-beta": "claude-code-20250219,oauth-2025-04-20",
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

function refresh(token: string) {
  const body = { grant_type: "refresh_token", refresh_token: token, client_id: "test" };
  return fetch(`${running.base}/v1/oauth/token`, { method: "POST", body: JSON.stringify(body) });
}

const errorOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { type: string; message: string } };
  return [response.status, error.type, error.message];
};

describe("a message", () => {
  it("is answered whole or as a stream, for a live token", async () => {
    const whole = (await (await message(grant.accessToken)).json()) as { content: { text: string }[] };
    expect(whole.content[0]?.text).toBe("OK");
    const stream = await message(grant.accessToken, { body: { ...MESSAGE, stream: true } });
    expect(stream.headers.get("content-type")).toContain("text/event-stream");
    const events = [...(await stream.text()).matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
    expect(events[0]).toBe("message_start");
    expect(events.at(-1)).toBe("message_stop");
  });

  it("is refused for an expired, a revoked, an unknown and no token", async () => {
    running.accounts.expire({ email: "alice@example.com", kind: "access" });
    expect(await errorOf(await message(grant.accessToken))).toEqual([
      401,
      "authentication_error",
      "OAuth token has expired. Please obtain a new token or refresh your existing token.",
    ]);
    running.accounts.revoke({ email: "alice@example.com" });
    expect((await errorOf(await message(grant.accessToken))).slice(0, 2)).toEqual([403, "permission_error"]);
    expect(await errorOf(await message("unknown"))).toEqual([
      401,
      "authentication_error",
      "Invalid bearer token",
    ]);
    expect((await fetch(`${running.base}/v1/messages`, { method: "POST", body: "{}" })).status).toBe(401);
  });

  it("is refused for a token in the wrong header, or without the OAuth beta", async () => {
    const asKey = await fetch(`${running.base}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": grant.accessToken },
      body: JSON.stringify(MESSAGE),
    });
    expect(await errorOf(asKey)).toEqual([401, "authentication_error", "invalid x-api-key"]);
    const plain = await message(grant.accessToken, { headers: { "anthropic-beta": "other" } });
    expect((await errorOf(plain))[2]).toBe("OAuth authentication is currently not supported.");
  });

  it("may come packed, and a body that cannot be unpacked is an error", async () => {
    const headers = {
      authorization: `Bearer ${grant.accessToken}`,
      "anthropic-beta": "oauth-2025-04-20",
      "content-encoding": "gzip",
    };
    const post = (body: Uint8Array) =>
      fetch(`${running.base}/v1/messages`, { method: "POST", headers, body });
    expect((await post(gzipSync(JSON.stringify(MESSAGE)))).status).toBe(200);
    expect((await post(Buffer.from("not gzip"))).status).toBe(400);
  });

  it.each([
    ["401-invalid", 401, {}],
    ["403-not-allowed", 403, {}],
    ["429-usage", 429, { "anthropic-ratelimit-unified-status": "rejected" }],
    ["500", 500, {}],
    ["529", 529, {}],
  ] as const)("goes wrong as told: %s", async (messages, status, headers) => {
    await running.control.behave({ email: "alice@example.com", messages, times: 1 });
    const answer = await message(grant.accessToken);
    expect(answer.status).toBe(status);
    for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name)).toBe(value);
    expect((await message(grant.accessToken)).status).toBe(200);
  });

  it("hangs or breaks off as told", async () => {
    await running.control.behave({ messages: "hang", times: 1 });
    const body = JSON.stringify(MESSAGE);
    const hanging = fetch(`${running.base}/v1/messages`, {
      method: "POST",
      body,
      signal: AbortSignal.timeout(300),
    });
    await expect(hanging).rejects.toThrow("timeout");
    await running.control.behave({ messages: "close", times: 1 });
    await expect(message(grant.accessToken)).rejects.toThrow("fetch failed");
  });
});

describe("a refresh", () => {
  it("rotates, and a used token is an invalid grant", async () => {
    const first = await refresh(grant.refreshToken);
    const tokens = (await first.json()) as Record<string, unknown>;
    expect(tokens).toMatchObject({ token_type: "Bearer", account: { email_address: "alice@example.com" } });
    expect((await message(String(tokens["access_token"]))).status).toBe(200);
    const again = await refresh(grant.refreshToken);
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ error: "invalid_grant" });
    expect((await refresh(String(tokens["refresh_token"]))).status).toBe(200);
  });

  it("that breaks off before the rotation loses nothing, one that breaks off after it loses the login", async () => {
    await running.control.behave({ refresh: "close", times: 1 });
    await expect(refresh(grant.refreshToken)).rejects.toThrow("fetch failed");
    await running.control.behave({ refresh: "close-after-rotation", times: 1 });
    await expect(refresh(grant.refreshToken)).rejects.toThrow("fetch failed");
    expect((await refresh(grant.refreshToken)).status).toBe(400);
  });
});

it("takes the code that a browser would show, once", async () => {
  const [code, state] = (await running.control.loginCode("carol@example.com")).split("#");
  expect(state).toBeTruthy();
  const body = JSON.stringify({ grant_type: "authorization_code", code, state, code_verifier: "any" });
  const exchange = () => fetch(`${running.base}/v1/oauth/token`, { method: "POST", body });
  expect(await (await exchange()).json()).toMatchObject({ account: { email_address: "carol@example.com" } });
  expect((await exchange()).status).toBe(400);
});

it("tells a login's identity, but not to a setup token, which has no scope for it", async () => {
  const profile = (token: string) =>
    fetch(`${running.base}/api/oauth/profile`, { headers: { authorization: `Bearer ${token}` } });
  expect(await (await profile(grant.accessToken)).json()).toMatchObject({
    account: { email: "alice@example.com" },
  });
  const { claudeAiOauth } = await running.control.setupToken("platform@example.com");
  expect((await message(claudeAiOauth.accessToken)).status).toBe(200);
  expect((await profile(claudeAiOauth.accessToken)).status).toBe(403);
  expect(claudeAiOauth).not.toHaveProperty("refreshToken");
});

describe("the log", () => {
  it("says who asked for what, without any token, and keeps the newest", async () => {
    await message(grant.accessToken);
    await refresh(grant.refreshToken);
    await fetch(`${running.base}/api/unknown`);
    const [first, second, third] = await running.control.requests();
    expect(first).toMatchObject({
      n: 1,
      listener: "loopback",
      path: "/v1/messages",
      status: 200,
      credential: {
        header: "authorization",
        sha256: sha256(grant.accessToken),
        email: "alice@example.com",
      },
    });
    expect(second?.body).toEqual({
      grant_type: "refresh_token",
      refresh_token_sha256: sha256(grant.refreshToken),
    });
    expect(third).toMatchObject({ path: "/api/unknown", status: 404, credential: null });
    const text = JSON.stringify(await running.control.requests());
    for (const secret of [grant.accessToken, grant.refreshToken]) expect(text).not.toContain(secret);
    await message("unknown");
    expect((await running.control.requests()).map(({ n }) => n)).toEqual([2, 3, 4]);
    expect((await running.control.requests(3)).map(({ credential }) => credential?.email)).toEqual([null]);
  });
});

describe("the control endpoint", () => {
  it("wants its secret, as bearer token or as a URL's password", async () => {
    const health = (authorization?: string) =>
      fetch(`${running.base}/control/health`, authorization ? { headers: { authorization } } : {});
    expect((await health()).status).toBe(401);
    expect((await health("Bearer wrong")).status).toBe(401);
    expect((await health(`Bearer ${SECRET}`)).status).toBe(200);
    expect((await health(`Basic ${btoa(`dev:${SECRET}`)}`)).status).toBe(200);
    expect((await health(`Basic ${btoa(`${SECRET}:`)}`)).status).toBe(401);
  });

  it("is not there for containers", async () => {
    const answer = await fetch(`http://127.0.0.1:${running.containers}/control/health`, {
      headers: { authorization: `Bearer ${SECRET}` },
    });
    expect(answer.status).toBe(404);
  });

  it("names an unknown key and an unknown behaviour", async () => {
    await expect(running.control.behave({ messages: "ok", often: 1 } as never)).rejects.toThrow("often");
    await expect(running.control.behave({ messages: "418" } as never)).rejects.toThrow("messages");
  });
});

describe("the authority", () => {
  /** Asks for `host` at the stand-in's address, trusting only its authority. */
  const ask = (host: string) =>
    new Promise<number>((resolve, reject) => {
      const ca = readFileSync(running.certificates.authority);
      const options = {
        host: "127.0.0.1",
        port: running.tls,
        servername: host,
        ca,
        method: "HEAD",
        path: "/",
      };
      httpsRequest(options, (response) => resolve(response.statusCode ?? 0))
        .on("error", reject)
        .end();
    });

  it("vouches for its hosts and for nothing else", async () => {
    for (const host of HOSTS) expect(await ask(host)).toBe(200);
    await expect(ask("example.com")).rejects.toThrow("altnames");
    const { authority } = running.certificates;
    expect(new X509Certificate(readFileSync(authority)).ca).toBe(true);
  });

  it("is constrained to them by name", async () => {
    // The same key, another server certificate: what somebody would make who got hold of the authority.
    const folder = running.certificates.authority.replace(/\/ca\.pem$/, "");
    const { rm } = await import("node:fs/promises");
    await rm(running.certificates.certificate);
    const forged = await ensureCertificates(folder, { name: "test authority", hosts: ["example.com"] });
    const servers = await listen(
      [{ name: "forged", address: "127.0.0.1", port: 0, tls: true, control: false }],
      forged,
      SECRET,
      running,
    );
    onTestFinished(() => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    });
    running = { ...running, tls: (servers[0]?.address() as AddressInfo).port };
    await expect(ask("example.com")).rejects.toThrow(/permitted subtree/);
  });
});
