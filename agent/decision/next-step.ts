/** Walks the table of decisions by one step: retry, ask the CLI, or end. Pure. */
import type { Reason } from "../../contract/agent-classes.ts";
import { consequencesOf, type Retry } from "./consequences.ts";
import type { Facts, RestoreWish, Step, Verdict } from "./facts.ts";
import type { FileView } from "./file-view.ts";
import { FILE_RULES } from "./file-rules.ts";
import { isReplaced, verdictOf } from "./probe-rules.ts";

/** Returns what to do next: retry, ask the CLI, or end. */
export function nextStep(facts: Facts): Step {
  if (facts.probe !== undefined) return stepAfter(facts, verdictOf(facts.probe));
  const rule = FILE_RULES.find(
    ({ files, when }) => files.includes(facts.file.kind) && when?.fits(facts) !== false,
  );
  if (rule === undefined) return { kind: "probe" };
  return stepAfter(facts, { reason: rule.reason, why: rule.why(facts) });
}

/** Returns the facts after a retry, with the credentials file as it was read since. */
export function afterRetry(facts: Facts, reason: Reason, file: FileView): Facts {
  const { retry } = consequencesOf(reason);
  const stands = retry?.probeStands === true && file.kind !== "usable";
  const retried = [...facts.retried, retry?.sharedWith ?? reason];
  return { ...facts, file, retried, probe: stands ? facts.probe : undefined };
}

function stepAfter(facts: Facts, { reason, why }: Pick<Verdict, "reason" | "why">): Step {
  const { retry } = consequencesOf(reason);
  if (retry === undefined || !mayRetry(retry, reason, facts))
    return { kind: "end", verdict: { reason, why, restore: restoreWish(facts, reason) } };
  const waitMs = retry.after === undefined ? 0 : facts.waits[retry.after] * 1000;
  return { kind: "retry", reason, waitMs, clearsStaleLocks: retry.clearsStaleLocks ?? false };
}

function mayRetry(retry: Retry, reason: Reason, { retried, probe }: Facts): boolean {
  if (retried.includes(retry.sharedWith ?? reason)) return false;
  if (retry.only === "another-login") return probe !== undefined && isReplaced(probe);
  return retry.only !== "locked" || probe?.locked === true;
}

/** Vault's login helps only where it is another login than the one that was just refused. */
function restoreWish(facts: Facts, reason: Reason): RestoreWish | undefined {
  const { restorable } = consequencesOf(reason);
  const { source, unfinished, probe } = facts;
  if (restorable === undefined) return undefined;
  if (unfinished) return "resume";
  if (source.kind !== "eligible" || source.fingerprint === probe?.before.fingerprint) return undefined;
  return restorable === "by-any-login" || source.credential === "setup-token" ? "from-vault" : undefined;
}
