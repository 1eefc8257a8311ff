/** Runs a command and measures it from outside: wall time, and the peak memory of it and all its children together. */
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { ExpectedError } from "../lib/expected-error.ts";
import { describeEnd, endOf, start } from "../lib/process.ts";

/** One finished run. */
export interface Measurement {
  readonly seconds: number;
  /** Of it and all its children that it has waited for, in steps of a hundredth. */
  readonly cpuSeconds: number;
  /** Highest sum of resident memory over the process tree, sampled; shared pages count once for each process. */
  readonly peakMiB: number;
}

const SAMPLE_MS = 200;
/** The kernel's for programs, on every architecture that this runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Runs `argv` and waits for its end.
 * @throws {ExpectedError} with the end of its output when it fails: a benchmark of a failing command measures nothing
 */
export async function measure(
  argv: readonly [string, ...string[]],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly input?: string;
    /** Milliseconds between two looks at the memory. */
    readonly sampleMs?: number;
  },
): Promise<Measurement> {
  const [file, ...args] = argv;
  const cpuBefore = childrenCpuSeconds();
  const begun = process.hrtime.bigint();
  const child = start(file, args, {
    cwd: options.cwd,
    env: options.env,
    input: options.input ?? "",
    all: true,
  });
  let peakKiB = 0;
  const sampler = setInterval(() => {
    void treeMemoryKiB(child.pid ?? 0).then((kib) => (peakKiB = Math.max(peakKiB, kib)));
  }, options.sampleMs ?? SAMPLE_MS);
  const result = await child;
  clearInterval(sampler);
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  const end = endOf(result);
  if (end.code !== 0) {
    const lastLines = result.all.trim().split("\n").slice(-25).join("\n  ");
    throw new ExpectedError(`${argv.join(" ")} ${describeEnd(end)}:\n  ${lastLines}`);
  }
  return { seconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, peakMiB: peakKiB / 1024 };
}

/** CPU time of this process's children that have ended: fields 16 and 17 of proc(5)'s stat, in clock ticks. */
function childrenCpuSeconds(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** Resident memory of a process and its descendants, in KiB; those that end meanwhile are left out. */
async function treeMemoryKiB(root: number): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(pids.map(readProcess));
  const children = new Map<number, number[]>();
  const memory = new Map<number, number>();
  for (const one of processes) {
    if (one === undefined) continue;
    memory.set(one.pid, one.kib);
    children.set(one.parent, [...(children.get(one.parent) ?? []), one.pid]);
  }
  let total = 0;
  const queue = [root];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    total += memory.get(pid) ?? 0;
    queue.push(...(children.get(pid) ?? []));
  }
  return total;
}

async function readProcess(pid: string): Promise<{ pid: number; parent: number; kib: number } | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => undefined);
  if (status === undefined) return undefined;
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  return { pid: Number(pid), parent: field("PPid"), kib: field("VmRSS") };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = sorted.length % 2 === 0 ? [middle - 1, middle] : [middle, middle];
  return ((sorted[low] ?? 0) + (sorted[high] ?? 0)) / 2;
}
