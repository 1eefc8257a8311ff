/** What a probe of the login that is being restored means. Pure. */
import { answerOf } from "../../claude/answers.ts";
import type { ProbeEnd } from "./facts.ts";
import type { FileView } from "./file-view.ts";

/** An end of an access token that lies in the past, so that the CLI refreshes before it asks. Milliseconds. */
export const FORCES_REFRESH = 1;

/**
 * `refreshed`: the folder holds a login that was refreshed and accepted; for a setup-token, accepted. `refused`: it will
 * never work. `keep`: nothing is known yet, and the next run goes on from the folder.
 */
export type RestoreOutcome = "refreshed" | "refused" | "keep";

/** @param after the login in the restore's folder */
export function restoreOutcome(end: ProbeEnd, after: FileView): RestoreOutcome {
  if (after.kind === "blank") return "refused";
  if (end.kind !== "ended" || end.signal !== null || after.kind !== "usable") return "keep";
  const { kind } = answerOf(end);
  const isSetupToken = after.credential === "setup-token";
  if (kind === "ok") return isSetupToken || after.expiresAt !== FORCES_REFRESH ? "refreshed" : "keep";
  return (kind === "unauthorized" || kind === "revoked") && isSetupToken ? "refused" : "keep";
}
