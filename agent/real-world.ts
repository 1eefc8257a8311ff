/** The world as it is: files, clock, CLI, Vault and journal of a workstation. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { takeLock } from "../lib/file-lock.ts";
import { VaultClient } from "../lib/vault-client.ts";
import { claudeVersion, findClaude, probeArguments, probeEnvironment } from "../claude/command-line.ts";
import type { AgentConfig } from "./config.ts";
import { sendToJournal } from "./journal.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { markOf, processesIn, startProbe } from "./probe.ts";
import { realFiles } from "./real-files.ts";
import type { AgentWorld } from "./world.ts";
import type { Clock } from "../lib/machine-ports.ts";
import type { Claude } from "../claude/process.ts";

const MODEL = "haiku";

/** The world in which the agent of `config` runs. */
export function realWorld(config: AgentConfig): AgentWorld {
  const { address, namespace, caPem } = config.vault;
  return {
    clock: realClock,
    files: realFiles,
    claude: realClaude(config),
    lock: (path) => takeLock(path, 0),
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

function realClaude(config: AgentConfig): Claude {
  const { home, user } = config;
  const places = userPlaces(home);
  const environment = (extra: Readonly<Record<string, string>> = {}) =>
    probeEnvironment({ name: user, home }, process.env, extra);
  return {
    find: () => findClaude(home, config.claude),
    version: (path) => claudeVersion(path, environment()),
    start: ({ path, configFolder }) =>
      startProbe({
        claude: path,
        args: probeArguments(MODEL),
        env: environment(configFolder === undefined ? {} : { CLAUDE_CONFIG_DIR: configFolder }),
        cwd: places.probe,
        scratch: places.state,
      }),
    lives: async (mark) => (await markOf(mark.pid))?.startTicks === mark.startTicks,
    leftBehind: () => processesIn(places.probe),
  };
}
