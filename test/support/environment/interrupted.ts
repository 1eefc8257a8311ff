/** Starts `pulumi up` to end it at a chosen moment, and follows every process that belongs to it. */
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { inspectProcess, lives, type ProcessRecord } from "../../../dev/processes.ts";
import { STACK } from "../../../dev/stack.ts";
import { start } from "../../../lib/process.ts";
import { shellVariables } from "./pulumi.ts";

/** How an interrupted `pulumi up` ended. */
export interface Interrupted {
  /** Of the engine; null when the signal ended it. */
  readonly code: number | null;
  readonly output: string;
  /** The engine and all that it had started, as they lived at the moment of the signal. */
  readonly processes: readonly ProcessRecord[];
}

/** What is to be ended, how and when. */
export interface Interruption {
  /** Where and with what `pulumi` runs; the stack is selected in `env`. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: "SIGKILL" | "SIGINT";
  /** Asked again and again. */
  readonly moment: () => Promise<boolean>;
  /** Another process than pulumi's to get the signal. */
  readonly victim?: number | undefined;
}

/** Interrupts a `pulumi up` of the test environment's stack. @throws Error when the run has ended before */
export function interruptUp(
  environment: DevEnvironment,
  signal: Interruption["signal"],
  moment: Interruption["moment"],
  victim?: number,
): Promise<Interrupted> {
  const env = { ...shellVariables(environment), PULUMI_STACK: STACK };
  return interrupt({ cwd: checkout.root, env, signal, moment, victim });
}

/** Runs `pulumi up` and sends one signal as soon as its moment has come. @throws Error when the run has ended before */
export async function interrupt({ cwd, env, signal, moment, victim }: Interruption): Promise<Interrupted> {
  const args = ["up", "--yes", "--skip-preview", "--continue-on-error", "--non-interactive"];
  // Not through npx: what is to get the signal is the engine, as from `kill` or a terminal's Ctrl-C.
  const child = start("pulumi", [...args, "--color", "never"], {
    cwd,
    env,
    stdin: "ignore",
    buffer: false,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  }
  // Not the end of its output, which what it has started may hold open.
  const ended = once(child, "exit") as Promise<[number | null]>;
  const { pid } = child;
  if (pid === undefined) throw new Error("pulumi could not be started.");
  while (!(await moment())) {
    if (child.exitCode !== null) throw new Error(`The moment did not come before the end:\n${output}`);
    await sleep(20);
  }
  const processes = family(pid);
  process.kill(victim ?? pid, signal);
  const [code] = await ended;
  return { code, output, processes };
}

/** Whether a process runs in this checkout's folder whose command line has these words. */
export function commandRuns(words: string): boolean {
  return readdirSync("/proc").some((pid) => {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return argv.includes(words) && readlinkSync(`/proc/${pid}/cwd`) === checkout.root;
    } catch {
      // No process, or one that has ended since the folder was listed.
      return false;
    }
  });
}

/** Those that still live, by what they are. */
export function survivors(processes: readonly ProcessRecord[]): readonly string[] {
  return processes.filter(lives).map(({ pid }) => `${pid} ${programOf(pid)}`);
}

/** A process and all below it. */
function family(root: number): readonly ProcessRecord[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let next = [root]; next.length > 0; next = next.flatMap((pid) => children.get(pid) ?? [])) {
    found.push(...next);
  }
  return found.flatMap((pid) => inspectProcess(pid) ?? []);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    // It has ended since the folder was listed.
    return undefined;
  }
}

function programOf(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return "has just ended";
  }
}
