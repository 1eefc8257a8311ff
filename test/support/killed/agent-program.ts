/**
 * The agent as a process that kills itself at its n-th effect, as `kill -9` does. Its arguments: the file of its
 * configuration, `run` or `backup`, `before` or `after`, and n. It runs to its end when n is 0.
 */
import { readFile } from "node:fs/promises";
import type { AgentConfig } from "../../../agent/config.ts";
import { realWorld } from "../../../agent/real-world.ts";
import { runAgent } from "../../../agent/run.ts";
import type { AgentWorld } from "../../../agent/world.ts";
import type { RunningClaude } from "../../../claude/process.ts";

const [configuration = "", mode = "", when = "", step = "0"] = process.argv.slice(2);
let effects = 0;

/** Runs one effect, and kills the process before or after it. */
async function effect<T>(name: string, act: () => Promise<T>): Promise<T> {
  const last = ++effects === Number(step);
  if (last) process.stderr.write(`ends ${when} ${name}\n`);
  if (last && when === "before") await die();
  const result = await act();
  if (last) await die();
  return result;
}

/** Waits for the signal. Nothing else may happen meanwhile. */
function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => undefined);
}

/** Returns `part` with each of its functions as an effect. */
function counted<T extends object>(part: T, name: string): T {
  return new Proxy(part, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) =>
        effect(`${name}.${String(key)}`, () => value.apply(target, args) as Promise<unknown>);
    },
  });
}

function mortal(world: AgentWorld): AgentWorld {
  const claude = counted(world.claude, "claude");
  return {
    ...world,
    clock: {
      ...world.clock,
      sleep: (milliseconds) => effect("sleep", () => world.clock.sleep(milliseconds)),
    },
    files: counted(world.files, "files"),
    claude: {
      find: () => claude.find(),
      version: (path) => claude.version(path),
      lives: (wanted) => claude.lives(wanted),
      leftBehind: () => claude.leftBehind(),
      async start(question) {
        const started = await claude.start(question);
        if ("why" in started) return started;
        const end: RunningClaude["end"] = (waitMs) => effect("claude.end", () => started.end(waitMs));
        return { process: started.process, end };
      },
    },
    async lock(path) {
      const held = await effect("lock", () => world.lock(path));
      return held && { release: () => effect("release", () => held.release()) };
    },
    vault: (token) => counted(world.vault(token), "vault"),
    journal: (entry) => effect("journal", () => world.journal(entry)),
  };
}

const config = JSON.parse(await readFile(configuration, "utf8")) as AgentConfig;
const { exitCode } = await runAgent(mortal(realWorld(config)), config, mode === "backup" ? "backup" : "run");
process.stderr.write(`effects ${effects}\n`);
process.exitCode = exitCode;
