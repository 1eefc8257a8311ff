/** Ends a restore, when its login has come to where it shall be or is of no use any more; until then its folder stays. */
import { join } from "node:path";
import type { AgentConfig } from "./config.ts";
import { readLogin } from "../claude/credentials.ts";
import { viewOf } from "./decision/file-view.ts";
import { added } from "./decision/lineage.ts";
import { folderStep, isAtHome } from "./decision/restore-folder.ts";
import type { FileView } from "./decision/file-view.ts";
import type { AgentState } from "../contract/agent-state.ts";
import type { RunContext } from "./state.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { removeTree } from "./tidy.ts";

/** The login in the restore's folder. */
export async function readRestoreFolder({ world, config }: RunContext<AgentConfig>): Promise<FileView> {
  const path = join(userPlaces(config.home).scratch, ".credentials.json");
  return viewOf((await readLogin(world, path, config.home)).state);
}

/**
 * What an earlier run, or this one, has left of a restore: its folder goes once home and Vault both hold its login, or
 * when that is of no use any more. Otherwise it waits there until it is needed.
 */
export async function settleRestore(run: RunContext<AgentConfig>, home: FileView): Promise<void> {
  const { world, config, store } = run;
  const begun = store.state.restore;
  if (begun === null) {
    await removeTree(world, userPlaces(config.home).scratch);
    return;
  }
  const folder = await readRestoreFolder(run);
  if (begun.stage === "refreshed" && isAtHome(folder, home))
    await store.update((state) => placed(state, world.clock.now()));
  const step = folderStep(store.state, folder, home);
  if (step === "keep") return;
  if (step === "refused") await store.update(withRefused);
  await dropRestore(run);
}

/** After a login in the home was proven and verified: what a restore has begun with another one is over. */
export async function settleForProven(run: RunContext<AgentConfig>): Promise<void> {
  const { restore, login } = run.store.state;
  if (restore === null || login?.pinned !== true) return;
  const folder = await readRestoreFolder(run);
  if (folder.kind !== "usable" || folder.fingerprint !== login.fingerprints[0]) await dropRestore(run);
}

/** Ends a restore without a result. */
export async function dropRestore(run: RunContext<AgentConfig>): Promise<void> {
  await removeTree(run.world, userPlaces(run.config.home).scratch);
  await run.store.update((state) => ({ ...state, restore: null }));
}

/** The home has the restored login; its folder stays until Vault has it, too. */
export function placed(state: AgentState, now: number): AgentState {
  return {
    ...state,
    restore: state.restore && { ...state.restore, stage: "placed" },
    seen: state.login?.fingerprints[0] ?? state.seen,
    file: "usable",
    restores: state.restores + 1,
    lastRestoreAt: now,
  };
}

/** What the restore has begun with will never work. */
export function withRefused(state: AgentState): AgentState {
  const { restore: begun } = state;
  return begun === null ? state : { ...state, refused: added(state.refused, begun.fingerprint) };
}
