/** Reports a run that broke: the home cannot be written, or the program failed. */
import { errorCode, problemsOf } from "../lib/expected-error.ts";
import { fileRemedy } from "../lib/file-remedy.ts";
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import type { BackupState } from "../contract/agent-classes.ts";
import type { Report } from "../contract/agent-report.ts";
import type { AgentConfig } from "./config.ts";
import { homeView } from "./decision/file-view.ts";
import { plainReport } from "./decision/report.ts";
import { withReport } from "./decision/run-state.ts";
import { publishLine, publishStatus } from "./publish.ts";
import { readState } from "./state.ts";
import type { AgentWorld } from "./world.ts";

/** Whether an error says that nothing can be written. */
export function isUnwritable(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"].includes(errorCode(error));
}

/** Reports the broken run wherever that is possible. @param backup what became of the login nevertheless */
export async function reportBroken(
  world: AgentWorld,
  config: AgentConfig,
  error: unknown,
  backup: BackupState = "none",
): Promise<Report> {
  const reason = isUnwritable(error) ? "not-storable" : "home";
  const report = { ...plainReport(config, reason, sentencesOf(error)), backup };
  await publishLine(world, report, config.home);
  await publishBroken(world, config, report);
  return report;
}

/** Returns what failed, with the remedy. */
function sentencesOf(error: unknown): string {
  const code = errorCode(error);
  const said = problemsOf(error).join(" ");
  return code === "" ? said : `${said}; ${fileRemedy(code)}.`;
}

/** Publishes a status, so that the metrics do not stay at the last success. */
async function publishBroken(world: AgentWorld, config: AgentConfig, report: Report): Promise<void> {
  try {
    const former = await readState(world, config.home);
    const { state: login } = await readLogin(world, credentialsPath(config.home), config.home);
    const now = world.clock.now();
    const state = withReport({ ...former, failingSince: former.failingSince ?? now }, report, now);
    await publishStatus(world, config, { state, file: homeView(login, former, now), backup: report.backup });
  } catch {
    // The journal and the unit's exit code say the same.
  }
}
