/** The real world of the agent: files, clock, CLI, Vault and journal of a workstation. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { takeLock } from "../lib/file-lock.ts";
import type { Clock } from "../lib/machine-ports.ts";
import { VaultClient } from "../lib/vault-api.ts";
import type { AgentConfig } from "./config.ts";
import { HomeDeadline } from "../lib/home-deadline.ts";
import { sendToJournal } from "./journal.ts";
import { realClaude } from "./real-claude.ts";
import { realFiles } from "./real-files.ts";
import type { AgentWorld } from "./world.ts";

/** Milliseconds for one step on the home: longer than a slow disk or a server that restarts may take. */
const STEP_MS = 60_000;

/** Returns the world in which the agent of `config` runs. */
export function realWorld(config: AgentConfig): AgentWorld {
  const deadline = new HomeDeadline(STEP_MS);
  const { address, namespace, caPem } = config.vault;
  const claude = realClaude(config);
  return {
    clock: realClock,
    files: deadline.files(realFiles),
    claude: {
      ...claude,
      find: () => deadline.limit(config.home, () => claude.find()),
      start: (question) => deadline.limit(config.home, () => claude.start(question)),
    },
    lock: async (path) => {
      const lock = await deadline.limit(path, () => takeLock(path, 0));
      // The kernel frees the lock of a process that cannot release it.
      return lock && { release: () => deadline.limit(path, () => lock.release()).catch(() => undefined) };
    },
    vault: (token) => new VaultClient({ address, namespace, caPem, token }),
    journal: sendToJournal,
    random: (bytes) => randomBytes(bytes).toString("hex"),
  };
}

const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds) => {
    await sleep(milliseconds);
  },
  every(milliseconds, task) {
    let running: Promise<void> = Promise.resolve();
    const timer = setInterval(() => {
      running = running.then(task);
    }, milliseconds);
    return async () => {
      clearInterval(timer);
      await running;
    };
  },
};
