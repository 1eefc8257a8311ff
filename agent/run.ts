/**
 * One start of the agent. It takes the agent's lock and works until no other start has left a marker. A `run` that finds the
 * lock taken waits for it, because its caller wants to know how the login is. A `backup` leaves a marker instead, because
 * systemd does not start a service again for a second request.
 */
import { formatDuration } from "../lib/duration.ts";
import { errorCode } from "../lib/expected-error.ts";
import { EXIT_PENDING } from "../contract/agent-classes.ts";
import { userPlaces } from "../contract/agent-places.ts";
import type { Report } from "../contract/agent-report.ts";
import { backUpStateless, leavePending } from "./backup.ts";
import { backupPass } from "./backup-pass.ts";
import { isUnwritable, reportBroken } from "./broken-run.ts";
import type { AgentConfig } from "./config.ts";
import { plainReport } from "./decision/report.ts";
import { removeTree } from "./files.ts";
import { fullRun } from "./full-run.ts";
import { publishLine } from "./publish.ts";
import { answerRequest, readRequest } from "./requested-run.ts";
import { readState, StateStore } from "./state.ts";
import type { AgentWorld, HeldLock } from "./world.ts";

/** `run`: prove the login and back it up. `backup`: back up what has changed. */
export type Mode = "run" | "backup";

/** How a start ended. */
export interface AgentEnd {
  readonly exitCode: number;
  /** The last full run's report, or why there was no run; undefined when there is nothing to report. */
  readonly report: Report | undefined;
}

/** Passes of one start. Further markers are for the next start. */
const MAX_PASSES = 5;

/** Milliseconds between two attempts of a `run` to take the agent's lock. */
const LOCK_POLL_MS = 1000;
/** So many longest waits for the CLI does a `run` wait for another start. */
const LOCK_CLIS = 2;

/** Runs the agent once. Expected trouble is in the report. */
export async function runAgent(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<AgentEnd> {
  const request = mode === "run" ? await readRequest(world, config.home) : undefined;
  const { end, waiting } = await serve(world, config, mode);
  // Not earlier: a `backup` that the path unit starts must find the agent's lock free. It would leave the work to this
  // start, which systemd does not repeat.
  if (waiting) await leavePending(world, userPlaces(config.home).pending, mode);
  if (request !== undefined) await answerRequest(world, config.home, request, end);
  return end;
}

/** How a start ended. `waiting`: a backup or a restore waits for Vault. */
interface Served {
  readonly end: AgentEnd;
  readonly waiting: boolean;
}

/** Takes the agent's lock, and works until no other start has left a marker. */
async function serve(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<Served> {
  const places = userPlaces(config.home);
  let end: AgentEnd | undefined;
  let waiting = false;
  let next: Mode | undefined = mode;
  for (let passes = 0; next !== undefined && passes < MAX_PASSES;) {
    try {
      await world.files.makeFolder(places.state);
      const lock = await takeLock(world, config, next);
      if (lock === undefined) {
        if (next === "run") return { end: await otherRun(world, config), waiting };
        await leaveMarker(world, config);
        // The holder may have checked for the marker and left at this moment.
        const second = await world.lock(places.lock);
        if (second === undefined) return { end: end ?? NOTHING, waiting };
        await second.release();
        next = await takeMarker(world, config);
        continue;
      }
      try {
        for (; next !== undefined && passes < MAX_PASSES; passes++) {
          const ended: PassEnd = await pass(world, config, next);
          end = endOf(mode, end, ended);
          waiting = ended.waiting;
          next = await takeMarker(world, config);
        }
      } catch (error) {
        if (!isUnwritable(error)) throw error;
        return brokenEnd(
          mode,
          await reportBroken(world, config, error, await backUpStateless(world, config)),
        );
      } finally {
        await lock.release();
      }
      // No other process serves a marker that was left between the last check and the release.
      next ??= await takeMarker(world, config);
    } catch (error) {
      return brokenEnd(mode, await reportBroken(world, config, error));
    }
  }
  return { end: end ?? NOTHING, waiting };
}

/** How one pass ended. `waiting`: a backup or a restore waits for Vault. */
interface PassEnd {
  readonly report: Report | undefined;
  readonly waiting: boolean;
}

/** The end of a start that had nothing to do. */
const NOTHING: AgentEnd = { exitCode: 0, report: undefined };

/** Takes the agent's lock. A `run` waits for a holder. @returns undefined when another process holds it */
async function takeLock(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<HeldLock | undefined> {
  const { lock: path } = userPlaces(config.home);
  const attempts =
    mode === "run" ? Math.ceil((LOCK_CLIS * config.claudeWaitSeconds * 1000) / LOCK_POLL_MS) : 0;
  for (let attempt = 0; ; attempt++) {
    const lock = await world.lock(path);
    if (lock !== undefined || attempt >= attempts) return lock;
    await world.clock.sleep(LOCK_POLL_MS);
  }
}

async function pass(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<PassEnd> {
  const store = new StateStore(world, config.home, await readState(world, config.home));
  const run = { world, config, store };
  return mode === "backup" ? backupPass(run) : fullRun(run);
}

/**
 * Returns how a start ends after a pass. `run` ends with its full run. `backup` ends with whether everything is stored, also
 * after a full run: systemd would start it again for another exit code.
 */
function endOf(mode: Mode, former: AgentEnd | undefined, { report, waiting }: PassEnd): AgentEnd {
  if (mode === "backup") return { exitCode: waiting ? EXIT_PENDING : 0, report: report ?? former?.report };
  return former ?? { exitCode: report?.exitCode ?? 0, report };
}

async function leaveMarker(world: AgentWorld, { home }: AgentConfig): Promise<void> {
  const { again } = userPlaces(home);
  if ((await world.files.state(again)) !== undefined) return;
  try {
    await world.files.create(again, "");
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

/** Removes the marker. @returns what it asks for */
async function takeMarker(world: AgentWorld, { home }: AgentConfig): Promise<Mode | undefined> {
  return (await removeTree(world, userPlaces(home).again)) ? "backup" : undefined;
}

/** Reports that another start did not end in time, so that nothing is known about the login. */
async function otherRun(world: AgentWorld, config: AgentConfig): Promise<AgentEnd> {
  const waited = formatDuration(LOCK_CLIS * config.claudeWaitSeconds);
  const why = `Another run of ${config.user} has not ended for ${waited}, so this run has found out nothing.`;
  const report = plainReport(config, "other-run", why);
  await publishLine(world, report, config.home);
  return { exitCode: report.exitCode, report };
}

/** A backup that waits for Vault is tried again, also when the disk has no room for the agent state. */
function brokenEnd(mode: Mode, report: Report): Served {
  const waiting = report.backup === "pending";
  const exitCode = waiting && mode === "backup" ? EXIT_PENDING : report.exitCode;
  return { end: { exitCode, report }, waiting };
}
