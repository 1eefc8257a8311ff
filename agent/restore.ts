/**
 * The restore. Vault's login is refreshed in a private folder of its own and only what came of that is put into the home,
 * so that the home never needs a rollback. It is marked as tried, in Vault and on the disk, before it is used; whatever
 * ends a run, the next one goes on from the folder and never from Vault again.
 */
import { join } from "node:path";
import type { KvEntry } from "../lib/vault-client.ts";
import { describeFailure } from "../lib/vault-result.ts";
import { askClaude } from "./ask.ts";
import type { AgentConfig } from "./config.ts";
import { readLogin } from "../claude/credentials.ts";
import { entryWithTried } from "./decision/backup-axis.ts";
import { restoreSource, storedLogin, triedIn } from "./decision/eligible.ts";
import { usableView, viewOf, type FileView } from "./decision/file-view.ts";
import { mismatch } from "./decision/identity.ts";
import { added } from "./decision/lineage.ts";
import { markStep } from "./decision/restore-mark.ts";
import { hindrance } from "./decision/restore-folder.ts";
import { FORCES_REFRESH, restoreOutcome } from "./decision/restore-outcome.ts";
import { refreshed } from "./decision/restored.ts";
import type { Verdict } from "./decision/facts.ts";
import type { AgentState } from "../contract/agent-state.ts";
import { putIntoHome } from "./put-into-home.ts";
import type { RunContext } from "./state.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { dropRestore, readRestoreFolder, placed, withRefused } from "./settle-restore.ts";
import { notStorable } from "./storable.ts";
import { storeFile } from "./store-file.ts";
import { removeTree } from "./tidy.ts";
import type { VaultAccess } from "./vault-access.ts";

/**
 * How a restore ended. `restored`: the home holds a proven login. `refused`: it never will by this. `pending`: the next
 * run goes on. `not-begun`: Vault's object turned out not to be eligible; nothing was used.
 */
export type RestoreEnd =
  | { readonly kind: "restored" }
  | { readonly kind: "refused" | "not-begun"; readonly why: string }
  /** `forVault`: what it waits for is Vault, which is looked for more often than a run comes round. */
  | { readonly kind: "pending"; readonly why: string; readonly forVault: boolean };

/** Writers that may meet at the entry. */
const TRIES = 5;

/** @param home the login in the home as the table saw it last */
export async function restore(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
  claude: string | undefined,
  wish: NonNullable<Verdict["restore"]>,
  home: FileView,
): Promise<RestoreEnd> {
  const { store, world } = run;
  if (claude === undefined) return pending("there is no CLI to refresh it with");
  if (wish === "from-vault") {
    const why = await prepare(run, access, home);
    if (why !== undefined) return why;
  } else {
    const folder = await readRestoreFolder(run);
    const why =
      folder.kind === "usable" ? hindrance(store.state, folder, home, world.clock.now()) : undefined;
    if (why !== undefined) return { kind: "not-begun", why };
  }
  if (store.state.restore?.stage === "prepared") {
    const why = await markTried(run, access);
    if (why !== undefined) return why;
  }
  return refreshAndMerge(run, claude);
}

function pending(why: string, forVault = false): RestoreEnd {
  return { kind: "pending", why, forVault };
}

/** Puts Vault's object into the folder. Nothing is used by that. */
async function prepare(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
  home: FileView,
): Promise<RestoreEnd | undefined> {
  const { world, config, store } = run;
  const { scratch } = userPlaces(config.home);
  const entry = await readEntry(access, config);
  if (entry === undefined) return { kind: "not-begun", why: "Vault holds no login" };
  if ("why" in entry) return pending(entry.why, true);
  const source = restoreSource(entry, store.state, config, home, world.clock.now());
  const stored = storedLogin(entry);
  if (source.kind !== "eligible" || stored === undefined || "why" in stored) {
    return { kind: "not-begun", why: "why" in source ? source.why : "Vault holds no login" };
  }
  await removeTree(world, scratch);
  await world.files.makeFolder(scratch);
  const { fingerprint, credential } = source;
  const forced = credential === "login" ? { expiresAt: FORCES_REFRESH } : {};
  const content = JSON.stringify({ claudeAiOauth: { ...stored.oauth, ...forced } });
  await storeFile(world, join(scratch, ".credentials.json"), content);
  await store.update((state) => ({
    ...state,
    vault: {
      version: entry.version,
      fingerprint: stored.view.fingerprint,
      storedAt: state.vault?.storedAt ?? null,
    },
    restore: { fingerprint, credential, stage: "prepared" },
  }));
  return undefined;
}

/** Says in Vault and then on the disk that the object is about to be used. */
async function markTried(run: RunContext<AgentConfig>, access: VaultAccess): Promise<RestoreEnd | undefined> {
  const { config, store } = run;
  const { restore: begun } = store.state;
  if (begun === null) return { kind: "not-begun", why: "no restore was begun" };
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const read = await readEntry(access, config);
    if (read !== undefined && "why" in read) return pending(read.why, true);
    const step = markStep(read, begun.fingerprint, store.state);
    if (step === "replaced") {
      await dropRestore(run);
      return { kind: "not-begun", why: "Vault's object was replaced meanwhile" };
    }
    if (step === "alone" || read === undefined) {
      await store.update((state) => marked(state, state.vault));
      return undefined;
    }
    let { version } = read;
    if (!triedIn(read).includes(begun.fingerprint)) {
      if (access.kind !== "ready") return pending(access.why, true);
      const data = entryWithTried(read, begun.fingerprint);
      const written = await access.vault.kvWrite(config.dataPath, data, version);
      if (written.kind === "conflict") continue;
      if (written.kind !== "ok")
        return pending(`writing ${config.dataPath}: Vault ${describeFailure(written)}`, true);
      version = written.value;
    }
    await store.update((state) =>
      marked(state, {
        version,
        fingerprint: begun.fingerprint,
        storedAt: state.vault?.storedAt ?? null,
      }),
    );
    return undefined;
  }
  return pending(`${config.dataPath} was changed by others ${TRIES} times in a row`, true);
}

/** What lies in the folder may be used from now on, and is never taken from Vault again. */
function marked(state: AgentState, vault: AgentState["vault"]): AgentState {
  const { restore: begun } = state;
  if (begun === null) return state;
  const tried = added(state.tried, begun.fingerprint);
  return { ...state, tried, vault, restore: { ...begun, stage: "tried" } };
}

async function refreshAndMerge(run: RunContext<AgentConfig>, claude: string): Promise<RestoreEnd> {
  const { world, config, store } = run;
  const { scratch } = userPlaces(config.home);
  const unstorable = await notStorable(world, scratch);
  if (unstorable !== undefined) return pending(unstorable);
  await removeLocks(run, scratch);
  const look = () => readLogin(world, join(scratch, ".credentials.json"), config.home);
  const asked = await askClaude(run, claude, {
    configFolder: scratch,
    configuration: join(scratch, ".claude.json"),
  });
  const { state } = await look();
  const outcome = restoreOutcome(asked.end, viewOf(state));
  if (outcome === "refused" || state.kind === "none") {
    const why =
      outcome === "refused"
        ? "Vault's login was refused, too"
        : "the folder of the restore was emptied by somebody else";
    await store.update(withRefused);
    await dropRestore(run);
    return { kind: "refused", why };
  }
  if (outcome === "keep" || state.kind !== "usable") {
    return pending("Vault's login could not be refreshed now; the next run goes on with it");
  }
  const difference = asked.identity === undefined ? undefined : mismatch(config, asked.identity);
  if (difference !== undefined) {
    await store.update(withRefused);
    await dropRestore(run);
    return { kind: "refused", why: `Vault's login was not put back: ${difference}` };
  }
  const { oauth } = state;
  const now = world.clock.now();
  await store.update((state) => refreshed(state, usableView(oauth), asked.identity, now));
  const put = await putIntoHome(run, oauth);
  if (put.kind !== "put") return pending(put.why);
  // The folder stays until Vault holds the successor, too: till then the home's would be the only copy.
  await store.update((state) => placed(state, world.clock.now()));
  return { kind: "restored" };
}

/** Nobody but the agent's own CLIs works in the folder, and none lives: its locks were left behind. */
async function removeLocks(run: RunContext<AgentConfig>, scratch: string): Promise<void> {
  for (const path of [
    join(scratch, ".oauth_refresh.lock"),
    join(scratch, ".storage-write.lock"),
    `${scratch}.lock`,
  ])
    await removeTree(run.world, path);
}

/** @returns undefined when Vault really has none; a reason, as a clause, when it could not be read */
async function readEntry(
  access: VaultAccess,
  config: AgentConfig,
): Promise<KvEntry | undefined | { readonly why: string }> {
  if (access.kind !== "ready") return { why: access.why };
  const read = await access.vault.kvRead(config.dataPath);
  if (read.kind === "notFound") return undefined;
  return read.kind === "ok"
    ? read.value
    : { why: `reading ${config.dataPath}: Vault ${describeFailure(read)}` };
}
