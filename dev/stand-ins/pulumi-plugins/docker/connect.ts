// The connection to a Docker engine: a socket, TCP, or the system's own ssh, as DOCKER_HOST or the provider's `host` say.
import Docker from "dockerode";
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { describeEnd, endOf, start } from "../../../../lib/process.ts";
import type { Properties } from "../provider/value.ts";

/** What the provider was configured with. */
export interface EngineAddress {
  /** `unix://`, `tcp://`, `http(s)://` or `ssh://`. */
  readonly host: string;
  /** Arguments for ssh, before the destination. */
  readonly sshOptions: readonly string[];
  /** A folder with ca.pem, cert.pem and key.pem for TCP with TLS; "" without. */
  readonly certPath: string;
}

/** https://github.com/pulumi/pulumi-docker/blob/v5.0.0/provider/resources.go (`host`) */
const DEFAULT_HOST = "unix:///var/run/docker.sock";

/** Reads the provider's arguments, each else from the environment. */
export function readAddress(args: Properties, env: NodeJS.ProcessEnv): EngineAddress {
  const text = (name: string, variable: string) => {
    const given = args[name];
    return typeof given === "string" && given !== "" ? given : (env[variable] ?? "");
  };
  const listed = typeof args["sshOpts"] === "string" ? (JSON.parse(args["sshOpts"]) as unknown) : undefined;
  const words = (env["DOCKER_SSH_OPTS"] ?? "").split(/\s+/).filter((word) => word !== "");
  return {
    host: text("host", "DOCKER_HOST") || DEFAULT_HOST,
    sshOptions: Array.isArray(listed) ? listed.map(String) : words,
    certPath: text("certPath", "DOCKER_CERT_PATH"),
  };
}

/**
 * Connects to an engine; nothing is sent yet.
 * @throws Error for an address of a form that is not known.
 */
export function connect({ host, sshOptions, certPath }: EngineAddress): Docker {
  const url = new URL(host);
  switch (url.protocol) {
    case "unix:":
      // An empty host, or dockerode takes the one of DOCKER_HOST.
      return new Docker({ socketPath: url.pathname, host: "" });
    case "ssh:":
      return new Docker(overSsh(url, sshOptions));
    case "tcp:":
    case "http:":
    case "https:":
      return new Docker({ host: url.hostname, port: url.port || 2375, ...tls(url, certPath) });
    default:
      throw new Error(
        `The Docker engine's address ${host} has no known form: use unix://, tcp:// or ssh://.`,
      );
  }
}

/** What to tell about an engine that cannot be used; `error` is what went wrong. */
export function unreachable(host: string, error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  return new Error(
    `The Docker engine at ${host} gives no answer (${why}): start it, or correct DOCKER_HOST or the provider's host; what it runs is unknown.`,
    { cause: error },
  );
}

/** The arguments of ssh for an `ssh://user@host:port` address, as the docker command builds them. */
export function sshArguments(url: URL, options: readonly string[]): string[] {
  return [
    ...options,
    ...(url.username === "" ? [] : ["-l", decodeURIComponent(url.username)]),
    ...(url.port === "" ? [] : ["-p", url.port]),
    // Nothing that comes from an address may be read as an option.
    "--",
    url.hostname,
    "docker",
    "system",
    "dial-stdio",
  ];
}

function tls(url: URL, certPath: string) {
  if (certPath === "")
    return { protocol: url.protocol === "https:" ? ("https" as const) : ("http" as const) };
  const read = (name: string) => readFileSync(join(certPath, name));
  return { protocol: "https" as const, ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}

/** The name in the address only appears in messages: each connection is a `docker system dial-stdio` over there. */
function overSsh(url: URL, options: readonly string[]) {
  return { protocol: "http" as const, host: url.hostname, port: 80, agent: sshAgent(url, options) };
}

function sshAgent(url: URL, options: readonly string[]): Agent {
  const agent = new Agent({ keepAlive: false });
  agent.createConnection = () => new SshStream(url, options);
  return agent;
}

/**
 * What goes to an ssh and comes from it. The end of ssh closes its standard input, perhaps while its output still waits to be
 * read: only the end of the output ends the stream. Node's `Duplex.from` would end it with either of the two.
 */
class SshStream extends Duplex {
  readonly #child;

  constructor(url: URL, options: readonly string[]) {
    super();
    const child = start("ssh", sshArguments(url, options), { env: process.env, buffer: false });
    this.#child = child;
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-2000)));
    // A write fails when ssh has ended. What its end means is told below.
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    const read = new Promise((resolve) => child.stdout.once("close", resolve));
    void Promise.all([child, read]).then(([result]) => {
      const end = endOf(result);
      if (end.code === 0) this.push(null);
      else
        this.destroy(
          new Error(`ssh ${url.host} ${describeEnd(end)}${said === "" ? "" : `: ${said.trim()}`}`),
        );
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, written: () => void): void {
    this.#child.stdin.write(chunk, () => written());
  }

  override _final(ended: () => void): void {
    this.#child.stdin.end(() => ended());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }
}
