/**
 * What becomes of the login in a restore's folder. It may be the only copy of a live one, so it is given up only when it
 * is not, and used only when nobody can have used it up. Pure.
 */
import type { AgentState } from "../../contract/agent-state.ts";
import { isRefusedAtHome } from "./eligible.ts";
import type { FileView, UsableView } from "./file-view.ts";

/**
 * `keep`: it may still be wanted. `done`: home and Vault both have it. `refused`: its CLI has emptied it. `useless`: it
 * was refused, used up, or followed by a verified sign-in.
 */
export type FolderStep = "keep" | "done" | "refused" | "useless";

/** @param home the login in the home */
export function folderStep(state: AgentState, folder: FileView, home: FileView): FolderStep {
  if (folder.kind === "blank") return "refused";
  if (folder.kind !== "usable") return "useless";
  const { login, vault, refused, superseded } = state;
  const { fingerprint } = folder;
  const usedUp = (login?.fingerprints.indexOf(fingerprint) ?? -1) > 0;
  if (refused.includes(fingerprint) || usedUp) return "useless";
  if (!isRefreshed(state)) return "keep";
  if (isAtHome(folder, home) && vault?.fingerprint === fingerprint) return "done";
  // A sign-in that nobody has verified may be somebody else's, and takes no other one's place.
  const followed =
    login?.pinned === true && login.fingerprints[0] !== fingerprint && superseded.includes(fingerprint);
  return followed ? "useless" : "keep";
}

/** Whether the restore's login has reached the home. */
export function isAtHome(folder: FileView, home: FileView): boolean {
  return folder.kind === "usable" && home.kind === "usable" && home.fingerprint === folder.fingerprint;
}

/** Why the folder's login must not be sent, as a clause; undefined when it may. */
export function hindrance(
  state: AgentState,
  folder: UsableView,
  home: FileView,
  now: number,
): string | undefined {
  if (state.maybeConsumed === folder.fingerprint)
    return "the login that was being restored may have been used up by a CLI whose end nobody has seen";
  if (isRefreshed(state) && isRefusedAtHome(state, folder, home, now))
    return "the login that was being restored is the one that was refused";
  return undefined;
}

function isRefreshed({ restore }: AgentState): boolean {
  return restore?.stage === "refreshed" || restore?.stage === "placed";
}
