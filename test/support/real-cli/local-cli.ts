/**
 * The real Claude Code CLI in a home of its own, with the stand-in for Anthropic in this process. It needs no environment:
 * a proxy leads every connection of the CLI to the stand-in.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { probeEnvironment } from "../../../claude/command-line.ts";
import { credentialsPath } from "../../../claude/credentials.ts";
import { ensureCertificates } from "../../../dev/certificates.ts";
import { claudeBinary, type ClaudeVersion } from "../../../dev/pinned-programs.ts";
import { Accounts } from "../../../dev/stand-ins/anthropic/accounts.ts";
import { Behaviours } from "../../../dev/stand-ins/anthropic/behaviours.ts";
import { ANTHROPIC_HOSTS } from "../../../dev/stand-ins/anthropic/hosts.ts";
import { LoginCodes } from "../../../dev/stand-ins/anthropic/login-codes.ts";
import { RequestLog, type LoggedRequest } from "../../../dev/stand-ins/anthropic/request-log.ts";
import { listen } from "../../../dev/stand-ins/anthropic/server.ts";
import type { ProcessEnd } from "../../../lib/process.ts";
import { runProcess } from "../../../lib/run-process.ts";

const USER = "alice";
const EMAIL = "alice@example.com";

interface Parts {
  readonly binary: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly servers: readonly Server[];
  readonly accounts: Accounts;
  readonly log: RequestLog;
}

/** See the file's comment. */
export class LocalCli {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(version: ClaudeVersion): Promise<LocalCli> {
    const binary = await claudeBinary(version, () => undefined);
    const folder = await mkdtemp(join(tmpdir(), "local-cli-"));
    const certificates = await ensureCertificates(folder, { name: "test", hosts: ANTHROPIC_HOSTS });
    const accounts = new Accounts({ accounts: [], tokens: [] }, () => undefined);
    const log = new RequestLog();
    const target = {
      accounts,
      log,
      behaviours: new Behaviours([], () => undefined),
      codes: new LoginCodes(),
    };
    const listener = { name: "test", address: "127.0.0.1", port: 0, tls: true, control: false };
    const [server] = await listen([listener], certificates, "fake-secret", target);
    if (server === undefined) throw new Error("The stand-in has no listener.");
    const proxy = await proxyTo((server.address() as AddressInfo).port);
    const inherited = {
      https_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      NODE_EXTRA_CA_CERTS: certificates.authority,
    };
    const environment = probeEnvironment({ name: USER, home: folder }, inherited);
    return new LocalCli({ binary, folder, environment, servers: [server, proxy], accounts, log });
  }

  /** Puts a new login into the home. @param seconds until its access token ends @returns that end in milliseconds */
  async signIn(seconds: number): Promise<number> {
    const grant = this.#parts.accounts.login(
      this.#parts.accounts.account(EMAIL),
      Date.now() + seconds * 1000,
    );
    const { accessToken, refreshToken, expiresAt, refreshTokenExpiresAt, scopes } = grant;
    const login = { accessToken, refreshToken, expiresAt, refreshTokenExpiresAt, scopes };
    const path = credentialsPath(this.#parts.folder);
    await rm(dirname(path), { recursive: true, force: true });
    await mkdir(dirname(path), { mode: 0o700 });
    await writeFile(path, JSON.stringify({ claudeAiOauth: login }), { mode: 0o600 });
    await writeFile(
      join(this.#parts.folder, ".claude.json"),
      JSON.stringify({ hasCompletedOnboarding: true }),
    );
    return expiresAt;
  }

  /** Runs the CLI to its end. @returns how it ended, and what the stand-in got meanwhile */
  async run(
    args: readonly string[],
  ): Promise<{ readonly end: ProcessEnd; readonly requests: readonly LoggedRequest[] }> {
    this.#parts.log.clear();
    const end = await runProcess(this.#parts.binary, args, {
      env: this.#parts.environment,
      cwd: this.#parts.folder,
      deadlineMs: 120_000,
      maxOutputBytes: 1024 * 1024,
    });
    return { end, requests: this.#parts.log.since(0) };
  }

  async close(): Promise<void> {
    for (const server of this.#parts.servers) server.close();
    await rm(this.#parts.folder, { recursive: true });
  }
}

/** Starts a proxy that leads every connection to `port`. */
async function proxyTo(port: number): Promise<Server> {
  const proxy = createServer((_, response) => response.writeHead(400).end());
  proxy.on("connect", (_request, socket) => {
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return proxy;
}
