/**
 * Restores Vault's login. The CLI refreshes it in a private folder, and only the refreshed login is put into the home. The
 * login is recorded as tried, in Vault and in the agent state, before it is used. When a run ends in between, the next run
 * continues from the folder, and never from Vault.
 */
import { join } from "node:path";
import { describeFailure } from "../../lib/vault-result.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import { askClaude } from "../ask-claude.ts";
import type { AgentConfig } from "../config.ts";
import type { RestoreWish } from "../decision/facts.ts";
import { usableView, viewOf, type FileView } from "../decision/file-view.ts";
import { mismatch } from "../decision/identity.ts";
import { FORCES_REFRESH, hindrance, refreshOutcome, restoreSource, triedStep } from "../decision/restore.ts";
import {
  withPlaced,
  withPrepared,
  withRefreshed,
  withRestoreRefused,
  withTriedHere,
} from "../decision/restore-state.ts";
import { storedLogin, triedIn, withTried } from "../decision/vault-entry.ts";
import { notStorable } from "../files.ts";
import { putIntoHome } from "./put-into-home.ts";
import { dropRestore, readFolder, removeLocks, writeFolder } from "./folder.ts";
import type { RunContext } from "../state.ts";
import type { VaultAccess } from "../open-vault.ts";
import type { KvEntry } from "../../lib/vault-kv-schema.ts";

/**
 * How a restore ended. `restored`: the home holds a proven login. `refused`: Vault's login will never work. `pending`: the
 * next run continues. `not-begun`: Vault's login was not eligible, and was not used.
 */
export type RestoreOutcome =
  | { readonly kind: "restored" }
  | { readonly kind: "refused" | "not-begun"; readonly why: string }
  /** `forVault`: the restore waits for Vault, which is tried again more often than a run starts. */
  | { readonly kind: "pending"; readonly why: string; readonly forVault: boolean };

/** Other writers of the entry are an operator and other tools. */
const TRIES = 5;

/**
 * Restores a login, or continues a restore.
 * @param home the credentials file as the table saw it last
 */
export async function restore(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
  claude: string | undefined,
  wish: RestoreWish,
  home: FileView,
): Promise<RestoreOutcome> {
  const { store, world } = run;
  if (claude === undefined) return pending("No usable CLI can refresh Vault's login.");
  if (wish === "from-vault") {
    const ended = await prepare(run, access, home);
    if (ended !== undefined) return ended;
  } else {
    const { view } = await readFolder(run);
    const why = view.kind === "usable" ? hindrance(store.state, view, home, world.clock.now()) : undefined;
    if (why !== undefined) return { kind: "not-begun", why };
  }
  if (store.state.restore?.stage === "prepared") {
    const ended = await recordTried(run, access);
    if (ended !== undefined) return ended;
  }
  return refreshAndPut(run, claude);
}

function pending(why: string, forVault = false): RestoreOutcome {
  return { kind: "pending", why, forVault };
}

/** Writes Vault's login into the folder. That uses nothing up. @returns undefined when the restore continues */
async function prepare(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
  home: FileView,
): Promise<RestoreOutcome | undefined> {
  const { world, config, store } = run;
  const entry = await readEntry(access, config);
  if (entry === undefined) return { kind: "not-begun", why: "Vault holds no login." };
  if ("why" in entry) return pending(entry.why, true);
  const source = restoreSource(entry, store.state, config, home, world.clock.now());
  const stored = storedLogin(entry);
  if (source.kind !== "eligible" || stored === undefined || "why" in stored)
    return { kind: "not-begun", why: "why" in source ? source.why : "Vault holds no login." };
  const forced = source.credential === "login" ? { expiresAt: FORCES_REFRESH } : {};
  await writeFolder(run, { ...stored.oauth, ...forced });
  await store.update((state) => withPrepared(state, source, entry.version));
  return undefined;
}

/** Records in Vault, and then in the agent state, that the login is about to be used. @returns undefined when it did */
async function recordTried(
  run: RunContext<AgentConfig>,
  access: VaultAccess,
): Promise<RestoreOutcome | undefined> {
  const { config, store } = run;
  const fingerprint = store.state.restore?.fingerprint;
  if (fingerprint === undefined) return { kind: "not-begun", why: "No restore was begun." };
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const entry = await readEntry(access, config);
    if (entry !== undefined && "why" in entry) return pending(entry.why, true);
    const step = triedStep(entry, fingerprint, store.state);
    if (step === "replaced") {
      await dropRestore(run);
      return { kind: "not-begun", why: "Vault's login was replaced meanwhile." };
    }
    if (step === "here-alone" || entry === undefined) {
      await store.update((state) => withTriedHere(state, state.vault));
      return undefined;
    }
    let { version } = entry;
    if (!triedIn(entry).includes(fingerprint)) {
      if (access.kind !== "ready") return pending(access.why, true);
      const written = await access.vault.kvWrite(config.dataPath, withTried(entry, fingerprint), version);
      if (written.kind === "conflict") continue;
      if (written.kind !== "ok")
        return pending(`Writing ${config.dataPath} failed: Vault ${describeFailure(written)}.`, true);
      version = written.value;
    }
    await store.update((state) =>
      withTriedHere(state, { version, fingerprint, storedAt: state.vault?.storedAt ?? null }),
    );
    return undefined;
  }
  return pending(`Other writers changed ${config.dataPath} ${TRIES} times in a row.`, true);
}

async function refreshAndPut(run: RunContext<AgentConfig>, claude: string): Promise<RestoreOutcome> {
  const { world, config, store } = run;
  const { scratch } = userPlaces(config.home);
  const unstorable = await notStorable(world, scratch);
  if (unstorable !== undefined) return pending(unstorable);
  await removeLocks(run);
  const asked = await askClaude(run, claude, {
    configFolder: scratch,
    configuration: join(scratch, ".claude.json"),
  });
  const { login } = await readFolder(run);
  const outcome = refreshOutcome(asked.end, viewOf(login));
  if (outcome === "refused") return giveUp(run, "Vault's login was refused, too.");
  if (login.kind === "none") return giveUp(run, "Another process emptied the restore's folder.");
  if (outcome === "unknown" || login.kind !== "usable")
    return pending("Vault's login could not be refreshed now.");
  const difference = asked.identity === undefined ? undefined : mismatch(config, asked.identity);
  if (difference !== undefined) return giveUp(run, `Vault's login was not put back. ${difference}`);
  const { oauth } = login;
  const now = world.clock.now();
  await store.update((state) => withRefreshed(state, usableView(oauth), asked.identity, now));
  const put = await putIntoHome(run, oauth);
  if (put.kind !== "put") return pending(put.why);
  // The folder stays until Vault holds the successor: until then the home would hold the only copy.
  await store.update((state) => withPlaced(state, world.clock.now()));
  return { kind: "restored" };
}

async function giveUp(run: RunContext<AgentConfig>, why: string): Promise<RestoreOutcome> {
  await run.store.update(withRestoreRefused);
  await dropRestore(run);
  return { kind: "refused", why };
}

/** Reads the user's entry. @returns undefined after a real 404; `why` when the entry could not be read */
async function readEntry(
  access: VaultAccess,
  config: AgentConfig,
): Promise<KvEntry | undefined | { readonly why: string }> {
  if (access.kind !== "ready") return { why: access.why };
  const read = await access.vault.kvRead(config.dataPath);
  if (read.kind === "notFound") return undefined;
  return read.kind === "ok"
    ? read.value
    : { why: `Reading ${config.dataPath} failed: Vault ${describeFailure(read)}.` };
}
