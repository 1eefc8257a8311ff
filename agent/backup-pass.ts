/**
 * What a change of the credentials file leads to: its successor is brought to Vault, without an inference. A login that
 * was emptied, or that follows from no known one, is for a full run.
 */
import type { AgentConfig } from "./config.ts";
import { BACKUP_STATES } from "../contract/agent-classes.ts";
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import { viewOf } from "./decision/file-view.ts";
import { withFile, relationOf } from "./decision/lineage.ts";
import type { FileView } from "./decision/file-view.ts";
import { fullRun } from "./full-run.ts";
import { keep } from "./keep.ts";
import type { AgentState } from "../contract/agent-state.ts";
import type { RunContext } from "./state.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { publishLine, publishStatus } from "./publish.ts";
import { remedyForBackup } from "./remedies.ts";
import type { Report } from "../contract/agent-report.ts";
import { statusOf } from "./status-of.ts";
import { openVault } from "./vault-access.ts";

/** @returns the report that was published, if any, and whether something waits for Vault */
export async function backupPass(
  run: RunContext<AgentConfig>,
): Promise<{ readonly report: Report | undefined; readonly waiting: boolean }> {
  const { world, config, store } = run;
  const { state: login } = await readLogin(world, credentialsPath(config.home), config.home);
  const file = viewOf(login);
  if (needsFullRun(store.state, file)) return fullRun(run);
  const { pending } = userPlaces(config.home);
  const { access } = await openVault(world, config);
  if (store.state.restorePending && access.kind === "ready") return fullRun(run);

  const waitedBefore = store.state.pendingSince !== null;
  const learned = await store.update((state) => withFile(state, file, world.clock.now()));
  const { axis, state } = await keep(world, config, access, login, learned);
  await store.update(() => state);
  const waiting = axis.state === "pending" || state.restorePending;
  const { word } = BACKUP_STATES[axis.state];
  // What stays as it is was said by the run before it: a retry every few minutes would only repeat it.
  const silent =
    !["written", "rolled-back"].includes(axis.state) && (axis.state !== "pending" || waitedBefore);
  const report: Report | undefined = silent
    ? undefined
    : {
        user: config.user,
        fleet: config.fleet,
        word: word === "OK" ? "INFO" : word,
        class: "backup",
        reason: "stored",
        exitCode: 0,
        backup: axis.state,
        vaultTtlSeconds: access.kind === "ready" ? access.ttlSeconds : undefined,
        why: axis.why ?? remedyForBackup(axis.state, config),
      };
  if (report !== undefined) await publishLine(world, report, config.home);
  const status = statusOf({ fleet: config.fleet, state: store.state, file, backup: axis.state });
  if (status !== undefined) await publishStatus(world, status, config.home);
  if (!waiting) await world.files.remove(pending);
  else if ((await world.files.state(pending)) === undefined) await world.files.create(pending, "");
  return { report, waiting };
}

/**
 * A file that was emptied, as long as nobody has dealt with it; a login that nobody has proven, also one that came while a
 * full run was proving the one before it.
 */
function needsFullRun(state: AgentState, file: FileView): boolean {
  if (file.kind === "blank") return state.file !== "blank";
  if (file.kind !== "usable") return false;
  const relation = relationOf(state, file, false);
  return relation === "new-login" || (relation === "same" && state.login?.pinned === false);
}
