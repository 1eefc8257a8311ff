/** Reads what the kernel says about a process of this machine. Source: proc_pid_stat(5). */
import { readFile } from "node:fs/promises";

/** Units of {@link startOf} in a second: what user space sees is 100 on every architecture. */
const TICKS_PER_SECOND = 100;

/** Returns when a process started, in the kernel's own unit; undefined when it has ended. */
export async function startOf(pid: number): Promise<string | undefined> {
  return (await statFields(pid))?.[19];
}

/** Returns the parent of a process; undefined when the process has ended. */
export async function parentOf(pid: number): Promise<number | undefined> {
  const parent = (await statFields(pid))?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/**
 * Returns the milliseconds since a process started; undefined when it has ended. It compares the process with this one, so
 * a clock that jumps changes nothing.
 */
export async function ageOf(pid: number): Promise<number | undefined> {
  const [start, own] = await Promise.all([startOf(pid), startOf(process.pid)]);
  if (start === undefined || own === undefined) return undefined;
  return process.uptime() * 1000 + ((Number(own) - Number(start)) * 1000) / TICKS_PER_SECOND;
}

/** Returns the fields after the command's name, which may hold any character. Field 0 is the state. */
async function statFields(pid: number): Promise<readonly string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}
