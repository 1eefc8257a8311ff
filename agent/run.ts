/**
 * One start of the agent: takes its own lock, works, and does not leave before everything is done that another start has
 * asked for meanwhile. A start that finds the lock taken leaves a mark, for systemd does not tell twice.
 */
import { errorCode } from "../lib/expected-error.ts";
import { backupPass } from "./backup-pass.ts";
import { isUnwritable, plainReport, reportBroken } from "./broken.ts";
import { EXIT_PENDING } from "../contract/agent-classes.ts";
import type { AgentConfig } from "./config.ts";
import { fullRun } from "./full-run.ts";
import { StateStore, readState } from "./state.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { publishLine } from "./publish.ts";
import type { Report } from "../contract/agent-report.ts";
import { storeUnremembered } from "./store-unremembered.ts";
import type { AgentWorld } from "./world.ts";

/** `run`: prove and back up. `backup`: store what has changed. */
export type Mode = "run" | "backup";

/** How a start ended. */
export interface AgentEnd {
  readonly exitCode: number;
  /** The last full run's report, or what there was to say instead; undefined when there was nothing. */
  readonly report: Report | undefined;
}

/** Passes in one start; whoever asks more often is served by the next start. */
const MAX_PASSES = 5;

/** Runs once. Expected trouble is in the report. */
export async function runAgent(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<AgentEnd> {
  const places = userPlaces(config.home);
  let end: AgentEnd | undefined;
  let next: Mode | undefined = mode;
  for (let passes = 0; next !== undefined && passes < MAX_PASSES;) {
    try {
      await world.files.makeFolder(places.state);
      const lock = await world.lock(places.lock);
      if (lock === undefined) {
        await leaveMark(world, config, next);
        // The holder may have looked for marks and left in that very moment.
        const second = await world.lock(places.lock);
        if (second === undefined) return end ?? (await busy(world, config, mode));
        await second.release();
        next = await takeMark(world, config);
        continue;
      }
      try {
        for (; next !== undefined && passes < MAX_PASSES; passes++) {
          const ended: PassEnd = await pass(world, config, next);
          end = endOf(mode, end, next, ended);
          next = await takeMark(world, config);
        }
      } catch (error) {
        if (!isUnwritable(error)) throw error;
        return brokenEnd(await reportBroken(world, config, error, await storeUnremembered(world, config)));
      } finally {
        await lock.release();
      }
      // A mark that was left between the last look and the release has nobody else to serve it.
      next ??= await takeMark(world, config);
    } catch (error) {
      return brokenEnd(await reportBroken(world, config, error));
    }
  }
  return end ?? { exitCode: 0, report: undefined };
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
 * What a start says at its end. `run` speaks of the login, as its last full run saw it; `backup` of whether everything is
 * stored, whatever a full run on the way has found: systemd would start it again for that.
 */
function endOf(mode: Mode, former: AgentEnd | undefined, done: Mode, ended: PassEnd): AgentEnd {
  if (mode === "backup") {
    return { exitCode: ended.waiting ? EXIT_PENDING : 0, report: ended.report ?? former?.report };
  }
  if (done === "backup" && former !== undefined) return former;
  return { exitCode: ended.report?.exitCode ?? 0, report: ended.report };
}

async function leaveMark(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<void> {
  const places = userPlaces(config.home);
  const path = mode === "run" ? places.againRun : places.againBackup;
  if ((await world.files.state(path)) !== undefined) return;
  try {
    await world.files.create(path, "");
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

/** Takes the marks away and says what they ask for; a full run does a backup's work too. */
async function takeMark(world: AgentWorld, config: AgentConfig): Promise<Mode | undefined> {
  const { againRun, againBackup } = userPlaces(config.home);
  const asked = async (path: string) => {
    const there = (await world.files.state(path)) !== undefined;
    if (there) await world.files.remove(path);
    return there;
  };
  const backup = await asked(againBackup);
  if (await asked(againRun)) return "run";
  return backup ? "backup" : undefined;
}

async function busy(world: AgentWorld, config: AgentConfig, mode: Mode): Promise<AgentEnd> {
  if (mode === "backup") return { exitCode: 0, report: undefined };
  const why = "another run of the agent is under way, and does this one's work when it is done";
  const report = plainReport(config, "other-run", why);
  await publishLine(world, report, config.home);
  return { exitCode: 0, report };
}

function brokenEnd(report: Report): AgentEnd {
  return { exitCode: report.exitCode, report };
}
