/** A CLI as a process of a simulated host. */
import { askModel, type CliEnd } from "./claude-model.ts";
import type { ClaudeVersion } from "./claude-texts.ts";
import type { Disk } from "./disk.ts";
import type { Kernel, Process } from "./kernel.ts";
import type { OauthServer } from "./oauth-server.ts";
import { processFiles } from "./process-files.ts";
import type { CliPort } from "./claude-port.ts";

/** How a CLI of this host is started. */
export interface ClaudeSetup {
  readonly kernel: Kernel;
  readonly disk: Disk;
  readonly server: OauthServer;
  readonly version: ClaudeVersion;
  readonly folder: string;
  readonly configuration: string;
  readonly retries?: number;
  readonly timeoutMs?: number;
  readonly environment?: CliPort["environment"];
  readonly changing?: <T>(change: () => T) => T;
}

/** A started CLI. */
export interface ClaudeProcess {
  readonly process: Process;
  /** Undefined until the CLI has ended, and when it was killed. */
  end: CliEnd | undefined;
}

/** The longest time that a request takes, and its answer, in milliseconds each. */
const NETWORK_MS = 150;

/** Returns the port of a process that is a CLI. */
export function claudePort(setup: ClaudeSetup, process: Process): CliPort {
  const { kernel, disk, server, version, folder, configuration } = setup;
  const by = { pid: process.pid, folder };
  const timeoutMs = setup.timeoutMs ?? 600_000;
  // The server acts when the request arrives. A CLI that is killed before the answer never learns it.
  const exchange = async <T>(request: () => T): Promise<T> => {
    const reply = await process.step(request, kernel.random.next() * NETWORK_MS);
    await process.sleep(kernel.random.next() * NETWORK_MS);
    return reply;
  };
  return {
    version,
    folder,
    configuration,
    files: processFiles(process, disk, setup.changing),
    retries: setup.retries ?? 10,
    timeoutMs,
    environment: setup.environment ?? {},
    async message(token) {
      const reply = await exchange(() => server.message(token, by));
      if (reply.kind === "hang") await process.sleep(timeoutMs);
      return reply;
    },
    refresh: (token) => exchange(() => server.refresh(token, by)),
    profile: (token) => exchange(() => server.emailOf(token)),
    sleep: (milliseconds) => process.sleep(milliseconds),
    now: () => kernel.now,
    wallClock: () => kernel.wallClock(),
    random: (bytes) => kernel.random.hex(bytes),
  };
}

/** Starts a CLI that asks for one inference. */
export function startClaude(setup: ClaudeSetup): ClaudeProcess {
  const started: { end: CliEnd | undefined } = { end: undefined };
  const process = setup.kernel.spawn("claude", async (self) => {
    started.end = await askModel(claudePort(setup, self));
  });
  return Object.assign(started, { process });
}
