/** What a probe of the login that is being restored means. Pure. */
import { saidBy } from "../../claude/answer.ts";
import type { FileView, ProbeOutcome } from "./types.ts";

/** An end of an access token that lies in the past, so that the CLI refreshes before it asks. Milliseconds. */
export const FORCES_REFRESH = 1;

/**
 * `refreshed`: the folder holds a login that was refreshed and accepted; for a setup-token, accepted. `refused`: it will
 * never work. `keep`: nothing is known yet, and the next run goes on from the folder.
 */
export type RestoreOutcome = "refreshed" | "refused" | "keep";

/** @param after the login in the restore's folder */
export function restoreOutcome(outcome: ProbeOutcome, after: FileView): RestoreOutcome {
  if (after.kind === "blank") return "refused";
  if (outcome.kind !== "ended" || outcome.signal !== null || after.kind !== "usable") return "keep";
  const said = saidBy(outcome);
  if (said.kind === "ok") {
    const refreshed = after.credential === "setup-token" || after.expiresAt !== FORCES_REFRESH;
    return said.exitOk && refreshed ? "refreshed" : "keep";
  }
  const denied = said.kind === "error" && (said.error === "unauthorized" || said.error === "revoked");
  return denied && after.credential === "setup-token" ? "refused" : "keep";
}
