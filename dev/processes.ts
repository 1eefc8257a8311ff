/** Background processes of the dev environment: known by pid and start time, so that no stranger is ever ended. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { withoutOperatorVariables } from "../lib/operator-variables.ts";
import { devFolder } from "./checkout.ts";

/** A process as it is recorded in `.dev/run/<name>.json`. */
export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks from boot to its start (proc(5), stat field 22): with the pid it names one process of this boot. */
  readonly startTime: string;
  /** Identifies the boot: after a reboot the same pid and start time may be another process. */
  readonly bootId: string;
}

/** Record of a living process; undefined when there is none with this pid. */
export function inspectProcess(pid: number): ProcessRecord | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    // Gone, or never there: both mean that no such process lives.
    return undefined;
  }
  // The name in parentheses may hold spaces and parentheses itself: fields are counted after the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTime = fields[19];
  if (fields[0] === "Z" || fields[0] === "X" || startTime === undefined) return undefined;
  return { pid, startTime, bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() };
}

/** Whether the recorded process is still the one that lives. */
export function lives(record: ProcessRecord): boolean {
  const found = inspectProcess(record.pid);
  return found?.startTime === record.startTime && found.bootId === record.bootId;
}

const recordFile = (name: string) => join(devFolder("run"), `${name}.json`);

/** Path of the log of a background process. */
const logFile = (name: string) => join(devFolder("log"), `${name}.log`);

/** The living process of this name; undefined when it was never started, has ended, or belongs to another boot. */
export function findProcess(name: string): ProcessRecord | undefined {
  const path = recordFile(name);
  if (!existsSync(path)) return undefined;
  const record = JSON.parse(readFileSync(path, "utf8")) as ProcessRecord;
  return lives(record) ? record : undefined;
}

export interface BackgroundProcess {
  /** Name of its record and of its log. */
  readonly name: string;
  readonly program: string;
  /** Visible to every user of the machine: no secret belongs here. */
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it serves; asked again and again until it says yes. */
  readonly ready: () => Promise<boolean>;
  readonly readySeconds: number;
}

/**
 * Starts a process that outlives this one, and waits until it serves.
 * @throws {ExpectedError} when it ends before, or takes longer than `readySeconds`; the end of its log is in it
 */
export async function startProcess(options: BackgroundProcess): Promise<void> {
  const log = openSync(logFile(options.name), "a", 0o600);
  // Not by lib/process.ts: execa would copy the output to the log itself, and this process ends first.
  const child = spawn(options.program, options.args, {
    cwd: "/",
    // The shell of `dev:env` has the operator's credentials, and `npm run up` may be started there.
    env: withoutOperatorVariables(options.env ?? process.env),
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const failure = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(`could not be started (${error.message})`));
    child.on("exit", (code, signal) => resolve(`ended at once (${signal ?? `exit code ${code}`})`));
  });
  const record = child.pid === undefined ? undefined : inspectProcess(child.pid);
  if (record) await writeFileAtomic(recordFile(options.name), `${JSON.stringify(record)}\n`, { mode: 0o600 });
  child.unref();
  const deadline = performance.now() + options.readySeconds * 1000;
  for (;;) {
    if (await options.ready()) return;
    const ended = await Promise.race([failure, sleep(100, undefined)]);
    const why =
      ended ?? (performance.now() > deadline ? `did not serve within ${options.readySeconds} s` : undefined);
    if (why !== undefined) {
      await stopProcess(options.name);
      throw new ExpectedError(
        `${options.name} ${why}; its log ${logFile(options.name)} ends:\n${logTail(options.name)}`,
      );
    }
  }
}

/**
 * Ends a background process: SIGTERM, and SIGKILL after `graceSeconds`. Does nothing when it does not live.
 * @returns whether there was one to end
 */
export async function stopProcess(name: string, graceSeconds = 10): Promise<boolean> {
  const record = findProcess(name);
  if (record) await endProcess(record, graceSeconds);
  rmSync(recordFile(name), { force: true });
  return record !== undefined;
}

/** Ends the recorded process, and only it, and waits until it is gone. */
export async function endProcess(record: ProcessRecord, graceSeconds: number): Promise<void> {
  for (const [signal, seconds] of [
    ["SIGTERM", graceSeconds],
    ["SIGKILL", 10],
  ] as const) {
    if (!lives(record)) return;
    process.kill(record.pid, signal);
    for (let waited = 0; waited < seconds * 1000 && lives(record); waited += 50) await sleep(50);
  }
}

function logTail(name: string): string {
  return readFileSync(logFile(name), "utf8")
    .trimEnd()
    .split("\n")
    .slice(-12)
    .map((line) => `  ${line}`)
    .join("\n");
}
