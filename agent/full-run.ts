/** One full run, under the agent's own lock: proves the login, restores it where that can help, backs it up, reports. */
import { awaitFormer } from "./ask.ts";
import { reportOf } from "./combine.ts";
import type { AgentConfig } from "./config.ts";
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import { viewOf } from "./decision/file-view.ts";
import { mismatch, needsIdentity } from "./decision/identity.ts";
import { consequencesOf, isProven, judgementOf } from "./decision/consequences.ts";
import { withFile, withPinned, withVerdict } from "./decision/lineage.ts";
import type { RestoreSource, Verdict } from "./decision/facts.ts";
import { keep } from "./keep.ts";
import type { AgentState } from "../contract/agent-state.ts";
import type { RunContext } from "./state.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { giveBackLocks } from "./put-into-home.ts";
import { markPending } from "./pending.ts";
import { findCli, readHome, prove, type Proof } from "./prove.ts";
import { publishLine, publishStatus } from "./publish.ts";
import type { Report } from "../contract/agent-report.ts";
import { restore } from "./restore.ts";
import { settleForProven, settleRestore } from "./settle-restore.ts";
import { findSharedToken } from "../claude/shared-token.ts";
import { statusOf } from "./status-of.ts";
import { storeFile } from "./store-file.ts";
import { removeStaleFiles, removeTree } from "./tidy.ts";
import { openVault, type VaultAccess } from "./vault-access.ts";
import { verifyIdentity } from "./verify-identity.ts";

/** What a run concludes about the login. */
interface Conclusion {
  readonly verdict: Verdict;
  readonly version: string | undefined;
}

/** @returns the report, which is published already, and whether something waits for Vault */
export async function fullRun(
  run: RunContext<AgentConfig>,
): Promise<{ readonly report: Report; readonly waiting: boolean }> {
  const { world, config, store } = run;
  const places = userPlaces(config.home);
  const former = await awaitFormer(run);
  const { access, mended } = await openVault(world, config);
  await store.update((state) => withTokenExpiry(state, access, world.clock.now()));
  const { verdict, version } =
    former === undefined ? await conclude(run, access) : { verdict: stuck(former.pid), version: undefined };
  await store.update((state) => withVerdict(state, verdict.reason, world.clock.now()));

  const { state: login } = await readLogin(world, credentialsPath(config.home), config.home);
  const learned = await store.update((state) => withFile(state, viewOf(login), world.clock.now()));
  const { axis, state } = await keep(world, config, access, login, learned);
  await store.update(() => state);
  await settleRestore(run, viewOf(login));

  const judgement = judgementOf(verdict.reason, store.state, world.clock.now(), lastingWaits(config));
  const report = reportOf(config, {
    judgement,
    why: verdict.why,
    axis,
    sharedToken: await findSharedToken(world, config.home),
    mended,
    claude: version,
    vaultTtlSeconds: access.kind === "ready" ? access.ttlSeconds : undefined,
  });
  const waiting = axis.state === "pending" || store.state.restorePending;
  await store.update((known) => withReport(known, report, world.clock.now()));
  const file = viewOf(login);
  const status = statusOf({ fleet: config.fleet, state: store.state, file, backup: axis.state });
  await publishLine(world, report, config.home);
  if (status !== undefined) await publishStatus(world, status, config.home);
  await markPending(world, places.pending, waiting);
  return { report, waiting };
}

/** From the table to what has been done about it. */
async function conclude(run: RunContext<AgentConfig>, access: VaultAccess): Promise<Conclusion> {
  const { world, config } = run;
  await removeStaleFiles(world, config.home);
  await removeTree(world, userPlaces(config.home).identity);
  await giveBackLocks(run);
  await settleRestore(run, await readHome(run));
  const first = await prove(run, access);
  const ended = await act(run, access, first);
  if (ended !== undefined) return ended;
  // Somebody logged in while the former login was being restored: theirs is proven in its own right.
  const second = await prove(run, access);
  return (await act(run, access, second)) ?? { verdict: second.verdict, version: second.version };
}

/** @returns undefined when the home holds another login by now, about which nothing is known yet */
async function act(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
  proof: Proof,
): Promise<Conclusion | undefined> {
  const { verdict, facts } = proof;
  if (isProven(verdict.reason)) {
    await provenLogin(run, proof);
    return { verdict, version: proof.version };
  }
  const { keepsCopy, restorable } = consequencesOf(verdict.reason);
  if (keepsCopy) await quarantine(run);
  await run.store.update((state) => ({ ...state, restorePending: false }));
  if (verdict.restore === undefined) {
    if (restorable === undefined) return { verdict, version: proof.version };
    return { verdict: await withoutRestore(run, verdict, facts.source), version: proof.version };
  }
  const cli = await findCli(run);
  const version = cli.facts.kind === "ready" ? cli.facts.version : undefined;
  const end = await restore(run, access, cli.path, verdict.restore, facts.file);
  const why = (text: string) => (verdict.why === undefined ? text : `${verdict.why}; ${text}`);
  switch (end.kind) {
    case "restored":
      return { verdict: { ...verdict, reason: "restored", why: undefined }, version };
    case "refused":
      return { verdict: { ...verdict, reason: "restore-refused", why: why(end.why) }, version };
    case "not-begun":
      return { verdict: { ...verdict, why: why(end.why) }, version };
    case "pending": {
      const file = await readHome(run);
      const another = file.kind === "usable" && !run.store.state.refused.includes(file.fingerprint);
      if (another) return undefined;
      await run.store.update((state) => ({ ...state, restorePending: end.forVault }));
      return { verdict: { ...verdict, reason: "restore-pending", why: why(end.why) }, version };
    }
  }
}

/** What stands in the way of a restore belongs to the report: Vault that is away is tried again, anything else is final. */
async function withoutRestore(
  run: RunContext<AgentConfig>,
  verdict: Verdict,
  source: RestoreSource,
): Promise<Verdict> {
  const also = (text: string) => [verdict.why, text].filter((part) => part !== undefined).join("; ");
  switch (source.kind) {
    case "away":
      await run.store.update((state) => ({ ...state, restorePending: true }));
      return {
        ...verdict,
        reason: "restore-pending",
        why: also(`it cannot be restored now, for ${source.why}`),
      };
    case "ineligible":
      return { ...verdict, why: also(source.why) };
    case "none":
      return { ...verdict, why: also("Vault holds no login to restore") };
    case "eligible":
      return { ...verdict, why: also("Vault holds the very login that was refused") };
  }
}

/** After an inference that succeeded: whose login it is, and that nothing else has to be restored. */
async function provenLogin(run: RunContext<AgentConfig>, proof: Proof): Promise<void> {
  const { world, config, store } = run;
  await store.update((state) => ({ ...state, restorePending: false }));
  const { login } = store.state;
  const { state } = await readLogin(world, credentialsPath(config.home), config.home);
  const view = viewOf(state);
  if (login === null || state.kind !== "usable" || view.kind !== "usable") return;
  if (view.fingerprint !== login.fingerprints[0]) return;
  let { identity } = proof;
  const wanted = !login.pinned && login.credential === "login" && needsIdentity(config, login.identity);
  if (identity === undefined && wanted && proof.claude !== undefined) {
    identity = await verifyIdentity(run, proof.claude, state.oauth);
  }
  await store.update((state) => {
    if (state.login?.fingerprints[0] !== view.fingerprint) return state;
    const found = identity ?? state.login.identity;
    // A setup-token may not look up its profile: what is not known is not held against it.
    const pinned =
      found === null
        ? state.login.pinned || state.login.credential === "setup-token"
        : mismatch(config, found) === undefined;
    return withPinned({ ...state, login: { ...state.login, identity: found, pinned } });
  });
  await settleForProven(run);
}

/** Keeps a copy of a corrupt file: what else it held may be wanted by its owner. */
async function quarantine(run: RunContext<AgentConfig>): Promise<void> {
  const { world, config } = run;
  const { text } = await readLogin(world, credentialsPath(config.home), config.home);
  if (text !== undefined) await storeFile(world, userPlaces(config.home).corrupt, text);
}

function stuck(pid: number): Verdict {
  const why = `the CLI of an earlier run still lives (process ${pid})`;
  return { reason: "stuck", why, restore: undefined };
}

function withTokenExpiry(state: AgentState, access: VaultAccess, now: number): AgentState {
  const vaultTokenExpiresAt = access.kind === "ready" ? now + access.ttlSeconds * 1000 : null;
  return { ...state, vaultTokenExpiresAt };
}

/** The memory with what a run has said. */
export function withReport(state: AgentState, report: Report, now: number): AgentState {
  const { word, class: runClass, reason, exitCode } = report;
  const claude = report.claude?.slice(0, 40) ?? null;
  const lastRun = { ranAt: now, word, class: runClass, reason, why: report.why ?? "", exitCode, claude };
  return { ...state, lastRun };
}

function lastingWaits({ waits }: AgentConfig) {
  return {
    refreshFailing: waits.refreshFailingSeconds * 1000,
    transient: waits.transientSeconds * 1000,
    unproven: waits.unprovenSeconds * 1000,
  };
}
