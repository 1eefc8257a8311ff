/**
 * Reads arguments and variables of all processes of the machine, containers included, until its standard input ends. Then
 * it prints what it has seen as JSON lines. processes.ts starts this program.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { SeenProcess } from "./processes.ts";

interface Sample extends Omit<SeenProcess, "commands" | "environments"> {
  readonly commands: Set<string>;
  readonly environments: Set<string>;
}

const seen = new Map<string, Sample>();
/** The last seen process of a number. */
const latest = new Map<number, Sample>();
let passes = 0;

/** A file below /proc; undefined when its process has ended, or is the kernel's own. */
function proc(pid: string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // Gone between the listing and now: there is nothing to see any more.
    return undefined;
  }
}

function look(pid: string): void {
  const stat = proc(pid, "stat");
  if (stat === undefined) return;
  const afterName = stat.lastIndexOf(")");
  const fields = stat.slice(afterName + 2).split(" ");
  const key = `${pid}:${fields[19]}`;
  const name = stat.slice(stat.indexOf("(") + 1, afterName);
  const sample = seen.get(key) ?? {
    key,
    pid: Number(pid),
    parent: Number(fields[1]),
    name,
    commands: new Set(),
    environments: new Set(),
  };
  seen.set(key, sample);
  latest.set(sample.pid, sample);
  // Both can change: by exec, and by a program that writes over its own arguments.
  const [command, environment] = [proc(pid, "cmdline"), proc(pid, "environ")];
  if (isForkOf(latest.get(sample.parent), command, environment)) return;
  if (command) sample.commands.add(command);
  if (environment) sample.environments.add(environment);
}

/** Until a fork calls exec, it is its parent's memory that it shows, which is judged as the parent's. */
function isForkOf(parent: Sample | undefined, command = "", environment = ""): boolean {
  return parent !== undefined && parent.commands.has(command) && parent.environments.has(environment);
}

let stopped = false;
process.stdin.on("end", () => (stopped = true)).resume();
while (!stopped) {
  for (const name of readdirSync("/proc")) if (/^\d+$/.test(name)) look(name);
  passes++;
  if (passes === 1) process.stdout.write("ready\n");
  await sleep(1);
}
const lines = [...seen.values()].map(({ commands, environments, ...rest }) =>
  JSON.stringify({ ...rest, commands: [...commands], environments: [...environments] }),
);
process.stdout.write(`${lines.join("\n")}\n`);
