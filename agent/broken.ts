/** Runs that come to no end of their own: another one is under way, the home cannot be written, or nobody has thought of it. */
import { errorCode, problemsOf } from "../lib/expected-error.ts";
import { CLASSES, type BackupState, type Reason } from "../contract/agent-classes.ts";
import type { AgentConfig } from "./config.ts";
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import { viewOf } from "./decision/file-view.ts";
import { withReport } from "./full-run.ts";
import { publishLine, publishStatus } from "./publish.ts";
import { reportLine, type Report } from "../contract/agent-report.ts";
import { statusOf } from "./status-of.ts";
import type { AgentWorld } from "./world.ts";
import { readState } from "./state.ts";

/** Whether an error says that nothing can be written. */
export function isUnwritable(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"].includes(errorCode(error));
}

/** Says that a run broke, wherever that can still be said. @param backup what became of the login all the same */
export async function reportBroken(
  world: AgentWorld,
  config: AgentConfig,
  error: unknown,
  backup: BackupState = "none",
): Promise<Report> {
  const reason = isUnwritable(error) ? "not-storable" : "home";
  const report = { ...plainReport(config, reason, problemsOf(error).join(" ")), backup };
  try {
    await publishLine(world, report, config.home);
  } catch {
    // Without room for a line in the home the journal has it at least.
    await world.journal({ ...report, message: reportLine(report) });
  }
  await showBroken(world, config, report);
  return report;
}

/** The figures must not go on saying that all is well. */
async function showBroken(world: AgentWorld, config: AgentConfig, report: Report): Promise<void> {
  try {
    const remembered = await readState(world, config.home);
    const { state: login } = await readLogin(world, credentialsPath(config.home), config.home);
    const now = world.clock.now();
    const state = withReport({ ...remembered, failingSince: remembered.failingSince ?? now }, report, now);
    const status = statusOf({ fleet: config.fleet, state, file: viewOf(login), backup: report.backup });
    if (status !== undefined) await publishStatus(world, status, config.home);
  } catch {
    // The journal and the unit's exit code say it.
  }
}

/** A report of a run that has found nothing out about the login. */
export function plainReport(
  config: AgentConfig,
  reason: Extract<Reason, "other-run" | "not-storable" | "home">,
  why: string,
): Report {
  const runClass = reason === "other-run" ? "busy" : "tooling";
  const { exit } = CLASSES[runClass];
  const word = reason === "other-run" ? "INFO" : "FAIL";
  return {
    user: config.user,
    fleet: config.fleet,
    word,
    class: runClass,
    reason,
    exitCode: exit,
    backup: "none",
    why,
  };
}
