/** One full run: proves the login, restores it where that can help, stores it in Vault, and reports. */
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import { findSharedToken } from "../claude/shared-token.ts";
import { userPlaces } from "../contract/agent-places.ts";
import type { Report } from "../contract/agent-report.ts";
import { actOnVerdict, type Conclusion } from "./act-on-verdict.ts";
import { awaitFormer, leftoversOf } from "./ask-claude.ts";
import { backUp } from "./backup.ts";
import type { AgentConfig } from "./config.ts";
import { lastingVerdict } from "./decision/consequences.ts";
import { homeView } from "./decision/file-view.ts";
import { withFile } from "./decision/lineage.ts";
import { withNoticed } from "./decision/moments.ts";
import { reportOf } from "./decision/report.ts";
import { withReport, withTokenTtl, withVerdict } from "./decision/run-state.ts";
import { removeStaleFiles, removeTree } from "./files.ts";
import { prove, readHome } from "./prove.ts";
import { prepareLog, publishLine, publishStatus } from "./publish.ts";
import { giveBackLocks } from "./restore/put-into-home.ts";
import { settleRestore } from "./restore/folder.ts";
import type { RunContext } from "./state.ts";
import { openVault, type VaultAccess } from "./open-vault.ts";

/** Runs once, under the agent's lock. @returns the published report, and whether something waits for Vault */
export async function fullRun(
  run: RunContext<AgentConfig>,
): Promise<{ readonly report: Report; readonly waiting: boolean }> {
  const { world, config, store } = run;
  const former = await awaitFormer(run);
  const { access, warning } = await openVault(world, config);
  const ttlSeconds = access.kind === "ready" ? access.ttlSeconds : undefined;
  await store.update((state) => withTokenTtl(state, ttlSeconds, world.clock.now()));
  const { verdict, version } = former === undefined ? await conclude(run, access) : stuck(former.pid);
  await store.update((state) => withVerdict(state, verdict.reason, world.clock.now()));

  const { state: login } = await readLogin(world, credentialsPath(config.home), config.home);
  const file = homeView(login, store.state, world.clock.now());
  const known = await store.update((state) => withFile(state, file, world.clock.now()));
  const { backup, state: stored } = await backUp(world, config, access, login, known);
  await store.update(() => withNoticed({ ...stored, lastBackup: backup.state }, world.clock.now()));
  await settleRestore(run, file);

  const logTrouble = await prepareLog(world, config.home);
  const report = reportOf(config, {
    verdict: lastingVerdict(verdict.reason, store.state, world.clock.now(), config.waits),
    why: verdict.why,
    backup,
    sharedToken: await findSharedToken(world, config.home),
    warnings: [warning, logTrouble].filter((one) => one !== undefined),
    remarks: await leftoversOf(run),
    claude: version,
    vaultTtlSeconds: ttlSeconds,
  });
  const waiting = backup.state === "pending" || store.state.restorePending;
  await store.update((state) => withReport(state, report, world.clock.now()));
  await publishLine(world, report, config.home);
  await publishStatus(world, config, { state: store.state, file, backup: backup.state });
  if (!waiting) await removeTree(world, userPlaces(config.home).pending);
  return { report, waiting };
}

/** Proves the login and does what follows from the verdict. */
async function conclude(run: RunContext<AgentConfig>, access: VaultAccess): Promise<Conclusion> {
  const { world, config } = run;
  await removeStaleFiles(world, config.home);
  await removeTree(world, userPlaces(config.home).identity);
  await giveBackLocks(run);
  await settleRestore(run, await readHome(run));
  const ended = await actOnVerdict(run, access, await prove(run, access));
  if (ended !== undefined) return ended;
  // A person signed in while the former login was being restored. The new login is proven in its own right.
  const second = await prove(run, access);
  return (await actOnVerdict(run, access, second)) ?? { verdict: second.verdict, version: second.version };
}

function stuck(pid: number): Conclusion {
  const why = `The CLI of an earlier run is still running (process ${pid}).`;
  return { verdict: { reason: "stuck", why, restore: undefined }, version: undefined };
}
