/**
 * One run after a change of the credentials file. It stores a refresh in Vault without an inference. It becomes a full run
 * when the login was blanked, or follows from no known login.
 */
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import { BACKUP_STATES } from "../contract/agent-classes.ts";
import { userPlaces } from "../contract/agent-places.ts";
import type { Report } from "../contract/agent-report.ts";
import type { AgentState } from "../contract/agent-state.ts";
import { backUp } from "./backup.ts";
import type { AgentConfig } from "./config.ts";
import type { Backup } from "./decision/backup.ts";
import { homeView, type FileView } from "./decision/file-view.ts";
import { relationOf, withFile } from "./decision/lineage.ts";
import { withNoticed } from "./decision/moments.ts";
import { remedyForBackup } from "./decision/remedies.ts";
import { removeTree } from "./files.ts";
import { fullRun } from "./full-run.ts";
import { publishLine, publishStatus } from "./publish.ts";
import type { RunContext } from "./state.ts";
import { openVault } from "./open-vault.ts";

/** Runs once, under the agent's lock. @returns the published report, if any, and whether something waits for Vault */
export async function backupPass(
  run: RunContext<AgentConfig>,
): Promise<{ readonly report: Report | undefined; readonly waiting: boolean }> {
  const { world, config, store } = run;
  const { state: login } = await readLogin(world, credentialsPath(config.home), config.home);
  const file = homeView(login, store.state, world.clock.now());
  if (needsFullRun(store.state, file)) return fullRun(run);
  const { access } = await openVault(world, config);
  if (store.state.restorePending && access.kind === "ready") return fullRun(run);

  const former = store.state.lastBackup;
  const known = await store.update((state) => withFile(state, file, world.clock.now()));
  const { backup, state: stored } = await backUp(world, config, access, login, known);
  await store.update(() => withNoticed({ ...stored, lastBackup: backup.state }, world.clock.now()));
  const waiting = backup.state === "pending" || stored.restorePending;
  const ttlSeconds = access.kind === "ready" ? access.ttlSeconds : undefined;
  const report = isNews(backup, former) ? reportOf(config, backup, ttlSeconds) : undefined;
  if (report !== undefined) await publishLine(world, report, config.home);
  await publishStatus(world, config, { state: store.state, file, backup: backup.state });
  if (!waiting) await removeTree(world, userPlaces(config.home).pending);
  return { report, waiting };
}

/** Whether the login was blanked and no run has dealt with it, or is not proven yet. */
function needsFullRun(state: AgentState, file: FileView): boolean {
  if (file.kind === "blank") return state.file !== "blank";
  if (file.kind !== "usable") return false;
  const relation = relationOf(state, file, false);
  return relation === "new-login" || (relation === "same" && state.login?.pinned === false);
}

/** A retry every few minutes would only repeat what the run before it has reported. */
function isNews({ state }: Backup, former: string | null): boolean {
  if (["written", "rolled-back"].includes(state)) return true;
  return BACKUP_STATES[state].word === "WARN" && state !== former;
}

function reportOf(config: AgentConfig, { state, why }: Backup, vaultTtlSeconds: number | undefined): Report {
  const { word } = BACKUP_STATES[state];
  return {
    user: config.user,
    fleet: config.fleet,
    word: word === "OK" ? "INFO" : word,
    class: "backup",
    reason: "stored",
    exitCode: 0,
    backup: state,
    vaultTtlSeconds,
    why: why ?? remedyForBackup(state, config),
  };
}
