// A real OpenBao of a test's own: in memory, on a free port of loopback, gone with the test.
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { openbaoBinary } from "../../../dev/pinned-programs.ts";
import { start } from "../../../lib/process.ts";
import { vaultRequest, type VaultAnswer, type VaultRequest } from "../../../lib/vault-http.ts";

/** A server with a KV version 2 mount `secret`. */
export interface OpenBao {
  readonly address: string;
  readonly rootToken: string;
  readonly pid: number;
  /** Sends a request with this token. */
  ask(token: string, request: VaultRequest): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Asks as root. @throws when the answer is no success */
  root(method: VaultRequest["method"], path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

const ROOT_TOKEN = "obviously-fake-root";

/** Starts one. */
export async function startOpenBao(): Promise<OpenBao> {
  const program = await openbaoBinary(() => undefined);
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const dev = ["-dev", "-dev-no-store-token", `-dev-listen-address=127.0.0.1:${port}`];
  const child = start(program, ["server", ...dev, `-dev-root-token-id=${ROOT_TOKEN}`], {
    env: process.env,
    stdio: "ignore",
  });
  const send = (token: string | undefined, request: VaultRequest): Promise<VaultAnswer> =>
    vaultRequest({ address, namespace: "", caPem: undefined, token }, request);

  const ask: OpenBao["ask"] = async (token, request) => {
    const answer = await send(token, request);
    if (answer.kind === "none") throw new Error(`OpenBao gave no answer: ${answer.why}`);
    return answer;
  };
  const server: OpenBao = {
    address,
    rootToken: ROOT_TOKEN,
    pid: child.pid ?? 0,
    ask,
    async root(method, path, body) {
      const answer = await ask(ROOT_TOKEN, { method, path, ...(body === undefined ? {} : { body }) });
      if (answer.status < 300) return answer.body;
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    },
    async stop() {
      child.kill("SIGTERM");
      await child;
    },
  };
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    const ready = await send(ROOT_TOKEN, { method: "GET", path: "secret/config" });
    if (ready.kind === "answer" && ready.status === 200) return server;
    await sleep(100);
  }
  await server.stop();
  throw new Error("OpenBao did not start.");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
