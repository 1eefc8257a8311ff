/** The agent's world in the simulation. Every method is one step of the agent's process. */
import { dirname } from "node:path";
import type { AgentWorld, HeldLock, Vault } from "../../../agent/world.ts";
import type { ClaudeProcess } from "./claude-process.ts";
import type { Process } from "./kernel.ts";
import { processFiles } from "./process-files.ts";
import { CLAUDE_FOLDER, LOGIN_FILE } from "./places.ts";
import type { SimulatedHost } from "./host.ts";
import type { Truth } from "./truth.ts";
import type { ClaudeVersion } from "./claude-texts.ts";
import type { Clock } from "../../../lib/machine-ports.ts";
import type { Claude } from "../../../claude/process.ts";

/** The longest time that a request to Vault takes, and its answer, in milliseconds each. */
const VAULT_MS = 60;

/** What an agent needs of its workstation. */
interface AgentHost extends SimulatedHost {
  readonly truth: Truth;
  readonly versions: { readonly agent: ClaudeVersion };
  /** The holders of locks of flock(2), by path. */
  readonly locks: Map<string, Process>;
  /** Called when the agent has staged a restored login and is about to replace the credentials file. */
  readonly whenPutting: (() => void) | undefined;
  startAgentsClaude(agent: Process, configFolder: string | undefined): ClaudeProcess;
}

/** Returns the world of one run of the agent. */
export function simulatedWorld(host: AgentHost, process: Process): AgentWorld {
  const { kernel, truth, disk } = host;
  const files = processFiles(process, disk, (change) => truth.changing({ kind: "agent", process }, change));
  return {
    clock: simulatedClock(process),
    files: {
      ...files,
      read: (path, maxBytes) =>
        process.step(() => {
          if (path === LOGIN_FILE) truth.looked(process);
          return disk.read(path, maxBytes);
        }),
      create: async (path, text) => {
        await files.create(path, text);
        if (dirname(path) === CLAUDE_FOLDER && text.includes("claudeAiOauth")) host.whenPutting?.();
      },
    },
    claude: simulatedClaude(host, process),
    lock: (path) => process.step(() => takeLock(host, process, path)),
    vault: () => simulatedVault(host, process),
    journal: (entry) => process.step(() => void host.truth.journal(process, entry)),
    random: (bytes) => kernel.random.hex(bytes),
  };
}

function simulatedClock(process: Process): Clock {
  return {
    now: () => process.kernel.wallClock(),
    sleep: (milliseconds) => process.sleep(milliseconds),
    every(milliseconds, task) {
      let over = false;
      let running: Promise<void> = Promise.resolve();
      const again = () => {
        process.kernel.at(process.kernel.now + milliseconds, () => {
          if (over || !process.alive) return;
          running = running.then(task);
          again();
        });
      };
      again();
      return async () => {
        over = true;
        await running;
      };
    },
  };
}

/** Takes a lock like flock(2): it ends with its holder. */
function takeLock(host: AgentHost, process: Process, path: string): HeldLock | undefined {
  const holder = host.locks.get(path);
  if (holder?.alive) {
    host.truth.counts["lock-taken"] = (host.truth.counts["lock-taken"] ?? 0) + 1;
    return undefined;
  }
  host.locks.set(path, process);
  return { release: () => process.step(() => void host.locks.delete(path)) };
}

function simulatedVault(host: AgentHost, process: Process): Vault {
  const { kernel, vault, truth } = host;
  const call = async <T>(request: () => T): Promise<T> => {
    const answer = await process.step(request, kernel.random.next() * VAULT_MS);
    await process.sleep(kernel.random.next() * VAULT_MS);
    return answer;
  };
  return {
    lookupSelf: () => call(() => vault.lookupSelf()),
    renewSelf: () => call(() => vault.renewSelf()),
    kvRead: () => call(() => vault.read()),
    kvWrite: (_path, data, cas) =>
      call(() => {
        const former = vault.newest;
        const versions = vault.versions.length;
        const written = vault.write(data, cas);
        if (vault.versions.length > versions) truth.stored(process, former, data);
        return written;
      }),
  };
}

function simulatedClaude(host: AgentHost, process: Process): Claude {
  const living = (claude: ClaudeProcess) => claude.process.alive;
  return {
    find: () => process.step(() => "/usr/local/bin/claude"),
    version: () => process.step(() => ({ version: host.versions.agent })),
    start: ({ configFolder }) =>
      process.step(() => {
        const claude = host.startAgentsClaude(process, configFolder);
        const { pid, startTicks } = claude.process;
        return {
          process: { pid, startTicks },
          async end(waitMs) {
            if (!(await process.waitFor(claude.process, waitMs))) return { kind: "late" };
            const { end } = claude;
            return end === undefined
              ? { kind: "ended", code: null, signal: "SIGKILL", stdout: "", stderr: "" }
              : { kind: "ended", code: end.code, signal: null, stdout: end.stdout, stderr: "" };
          },
        };
      }),
    lives: (wanted) =>
      process.step(() =>
        host.agentsClaudes.some(
          ({ process: { pid, startTicks, alive } }) =>
            alive && pid === wanted.pid && startTicks === wanted.startTicks,
        ),
      ),
    leftBehind: () =>
      process.step(() =>
        host.agentsClaudes.filter(living).map(({ process: { pid, startTicks } }) => ({ pid, startTicks })),
      ),
  };
}
