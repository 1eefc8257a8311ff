/** Does what follows from a verdict: verifies whose a proven login is, or restores a dead login. */
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { verifyIdentity } from "./ask-claude.ts";
import type { AgentConfig } from "./config.ts";
import { consequencesOf, isProven } from "./decision/consequences.ts";
import type { Facts, Verdict } from "./decision/facts.ts";
import { homeView } from "./decision/file-view.ts";
import { needsIdentity } from "./decision/identity.ts";
import { withIdentity } from "./decision/lineage.ts";
import { storeFile } from "./files.ts";
import { findCli, readHome, type Proof } from "./prove.ts";
import { restore } from "./restore/restore-from-vault.ts";
import { settleForProven } from "./restore/folder.ts";
import type { RunContext } from "./state.ts";
import type { VaultAccess } from "./open-vault.ts";

/** What a run concludes about the login. `version`: the CLI's, when it was asked. */
export interface Conclusion {
  readonly verdict: Verdict;
  readonly version: string | undefined;
}

/** @returns undefined when the home holds another login by now, which is not proven yet */
export async function actOnVerdict(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
  proof: Proof,
): Promise<Conclusion | undefined> {
  const { verdict, facts, version } = proof;
  if (isProven(verdict.reason)) {
    await keepProven(run, proof);
    return { verdict, version };
  }
  const { keepsCopy, restorable } = consequencesOf(verdict.reason);
  if (keepsCopy) await keepCopy(run);
  await run.store.update((state) => ({ ...state, restorePending: false }));
  if (restorable === undefined) return { verdict, version };
  if (verdict.restore === undefined) return { verdict: await withoutRestore(run, verdict, facts), version };
  return restoreFor(run, access, verdict, verdict.restore, facts);
}

async function restoreFor(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
  verdict: Verdict,
  wish: NonNullable<Verdict["restore"]>,
  { file }: Facts,
): Promise<Conclusion | undefined> {
  const cli = await findCli(run);
  const version = cli.facts.kind === "ready" ? cli.facts.version : undefined;
  const outcome = await restore(run, access, cli.path, wish, file);
  switch (outcome.kind) {
    case "restored":
      return { verdict: { ...verdict, reason: "restored", why: undefined }, version };
    case "refused":
      return { verdict: { ...also(verdict, outcome.why), reason: "restore-refused" }, version };
    case "not-begun":
      return { verdict: also(verdict, outcome.why), version };
    case "pending": {
      const home = await readHome(run);
      const another = home.kind === "usable" && !run.store.state.refused.includes(home.fingerprint);
      if (another) return undefined;
      await run.store.update((state) => ({ ...state, restorePending: outcome.forVault }));
      return { verdict: { ...also(verdict, outcome.why), reason: "restore-pending" }, version };
    }
  }
}

/** Says why nothing is restored. A restore waits for Vault while Vault is away; every other reason is final. */
async function withoutRestore(
  run: RunContext<AgentConfig>,
  verdict: Verdict,
  { source, probe }: Facts,
): Promise<Verdict> {
  switch (source.kind) {
    case "away":
      await run.store.update((state) => ({ ...state, restorePending: true }));
      return { ...also(verdict, `It cannot be restored now. ${source.why}`), reason: "restore-pending" };
    case "ineligible":
      return also(verdict, source.why);
    case "none":
      return also(verdict, "Vault holds no login to restore.");
    case "eligible":
      return source.fingerprint === probe?.before.fingerprint
        ? also(verdict, "Vault holds the login that was refused.")
        : also(verdict, "Vault holds no setup-token, and a login cannot replace one.");
  }
}

function also(verdict: Verdict, sentence: string): Verdict {
  return { ...verdict, why: verdict.why === undefined ? sentence : `${verdict.why} ${sentence}` };
}

/** After the API accepted the login: stores whose it is, and ends a restore that nothing needs any more. */
async function keepProven(run: RunContext<AgentConfig>, proof: Proof): Promise<void> {
  const { world, config, store } = run;
  await store.update((state) => ({ ...state, restorePending: false }));
  const { login } = store.state;
  const { state: found } = await readLogin(world, credentialsPath(config.home), config.home);
  const view = homeView(found, store.state, world.clock.now());
  if (login === null || found.kind !== "usable" || view.kind !== "usable") return;
  if (view.fingerprint !== login.fingerprints[0]) return;
  let { identity } = proof;
  const wanted = !login.pinned && login.credential === "login" && needsIdentity(config, login.identity);
  if (identity === undefined && wanted && proof.claude !== undefined)
    identity = await verifyIdentity(run, proof.claude, found.oauth);
  await store.update((state) => withIdentity(state, view.fingerprint, identity, config));
  await settleForProven(run);
}

/** Keeps a copy of a corrupt credentials file: its owner may want what else it holds. */
async function keepCopy({ world, config }: RunContext<AgentConfig>): Promise<void> {
  const { text } = await readLogin(world, credentialsPath(config.home), config.home);
  if (text !== undefined) await storeFile(world, userPlaces(config.home).corrupt, text);
}
