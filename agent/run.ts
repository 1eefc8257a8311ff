/**
 * One start of the agent. It takes the agent's lock and works until no other start has left a marker. A start that finds the
 * lock taken leaves a marker, because systemd does not start a service again for a second request.
 */
import { errorCode } from "../lib/expected-error.ts";
import { EXIT_PENDING } from "../contract/agent-classes.ts";
import { userPlaces } from "../contract/agent-places.ts";
import type { Report } from "../contract/agent-report.ts";
import { backUpStateless, leavePending } from "./backup.ts";
import { backupPass } from "./backup-pass.ts";
import { isUnwritable, reportBroken } from "./broken-run.ts";
import type { AgentConfig } from "./config.ts";
import { plainReport } from "./decision/report.ts";
import { fullRun } from "./full-run.ts";
import { publishLine } from "./publish.ts";
import { readState, StateStore } from "./state.ts";
import type { AgentWorld } from "./world.ts";

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

/** Runs the agent once. Expected trouble is in the report. */
export async function runAgent(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<AgentEnd> {
  const { end, waiting } = await serve(world, config, mode);
  // Not earlier: a `backup` that the path unit starts must find the agent's lock free. It would leave the work to this
  // start, which systemd does not repeat.
  if (waiting) await leavePending(world, userPlaces(config.home).pending, mode);
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
      const lock = await world.lock(places.lock);
      if (lock === undefined) {
        await leaveMarker(world, config, next);
        // The holder may have checked for markers and left at this moment.
        const second = await world.lock(places.lock);
        if (second === undefined) return { end: end ?? (await busy(world, config, mode)), waiting };
        await second.release();
        next = await takeMarkers(world, config);
        continue;
      }
      try {
        for (; next !== undefined && passes < MAX_PASSES; passes++) {
          const ended: PassEnd = await pass(world, config, next);
          end = endOf(mode, end, next, ended);
          waiting = ended.waiting;
          next = await takeMarkers(world, config);
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
      next ??= await takeMarkers(world, config);
    } catch (error) {
      return brokenEnd(mode, await reportBroken(world, config, error));
    }
  }
  return { end: end ?? { exitCode: 0, report: undefined }, waiting };
}

/** How one pass ended. `waiting`: a backup or a restore waits for Vault. */
interface PassEnd {
  readonly report: Report | undefined;
  readonly waiting: boolean;
}

async function pass(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<PassEnd> {
  const store = new StateStore(world, config.home, await readState(world, config.home));
  const run = { world, config, store };
  return mode === "backup" ? backupPass(run) : fullRun(run);
}

/**
 * Returns how a start ends after a pass. `run` ends with its last full run. `backup` ends with whether everything is stored,
 * also after a full run: systemd would start it again for another exit code.
 */
function endOf(mode: Mode, former: AgentEnd | undefined, done: Mode, ended: PassEnd): AgentEnd {
  if (mode === "backup") {
    return { exitCode: ended.waiting ? EXIT_PENDING : 0, report: ended.report ?? former?.report };
  }
  if (done === "backup" && former !== undefined) return former;
  return { exitCode: ended.report?.exitCode ?? 0, report: ended.report };
}

async function leaveMarker(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<void> {
  const places = userPlaces(config.home);
  const path = mode === "run" ? places.againRun : places.againBackup;
  if ((await world.files.state(path)) !== undefined) return;
  try {
    await world.files.create(path, "");
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

/** Removes the markers. @returns what they ask for; a full run does the work of a backup, too */
async function takeMarkers(world: AgentWorld, config: AgentConfig): Promise<Mode | undefined> {
  const { againRun, againBackup } = userPlaces(config.home);
  const asked = async (path: string) => {
    const exists = (await world.files.state(path)) !== undefined;
    if (exists) await world.files.remove(path);
    return exists;
  };
  const backup = await asked(againBackup);
  if (await asked(againRun)) return "run";
  return backup ? "backup" : undefined;
}

async function busy(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<AgentEnd> {
  if (mode === "backup") return { exitCode: 0, report: undefined };
  const why = "Another run of the agent is active. It starts again for this run when it is done.";
  const report = plainReport(config, "other-run", why);
  await publishLine(world, report, config.home);
  return { exitCode: 0, report };
}

/** A backup that waits for Vault is tried again, also when the disk has no room for the agent state. */
function brokenEnd(mode: Mode, report: Report): Served {
  const waiting = report.backup === "pending";
  const exitCode = waiting && mode === "backup" ? EXIT_PENDING : report.exitCode;
  return { end: { exitCode, report }, waiting };
}
