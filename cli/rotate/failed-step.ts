/** Ends a rotation whose step has failed: its exit code, what is recorded, and what the operator does next. */
import { EXIT_LOCKED, STEP_NAMES, STEPS, type StepName } from "../../plan/rotation/step-table.ts";
import { INTERRUPTED } from "../help.ts";
import { sentencesOf } from "../problems.ts";
import { LockedError, record, unlock, type Rotation } from "./rotation.ts";
import { UselessTokenError } from "./steps/check.ts";
import { SameTokenError } from "./steps/obtain.ts";
import type { View } from "./view.ts";

/**
 * Records the failure, releases what nothing on the host needs, and shows the problems.
 * @param took milliseconds
 * @returns the exit code
 */
export async function endFailedStep(
  rotation: Rotation,
  name: StepName,
  error: unknown,
  took: number,
  view: View,
): Promise<number> {
  const stopped = rotation.signal.aborted;
  // After Ctrl-C the step's own error only says that it was cut short.
  const problems = stopped ? [`Stopped in the step ${name}.`] : [...sentencesOf(error)];
  const exitCode = stopped ? INTERRUPTED : exitCodeFor(error, name);
  const isLocked = error instanceof LockedError;
  if (name !== "diagnose" && !isLocked) {
    await record(rotation, { step: name, took, outcome: "failed", said: problems.join(" ") });
  }
  if (error instanceof UselessTokenError) await rotation.folder.dropToken();
  const kept = await rotation.folder.keptToken();
  const beforeDelivery = STEP_NAMES.indexOf(name) < STEP_NAMES.indexOf("deliver");
  if (beforeDelivery) {
    // Nothing on the host is half done, so another operator may rotate meanwhile.
    if (name !== "diagnose" && !isLocked) await unlock(rotation).catch(() => undefined);
    if (kept === undefined) await rotation.folder.forget();
  }
  const place = kept === undefined ? undefined : rotation.folder.keptPlace;
  problems.push(...nextCommands(name, beforeDelivery, place));
  view.end({ exitCode, problems });
  return exitCode;
}

function exitCodeFor(error: unknown, name: StepName): number {
  if (error instanceof LockedError) return EXIT_LOCKED;
  return error instanceof SameTokenError ? 0 : STEPS[name].exit;
}

/** Returns what is half done, and how to continue. @param kept path of a token that is kept on this machine */
function nextCommands(name: StepName, beforeDelivery: boolean, kept: string | undefined): readonly string[] {
  if (name === "diagnose") return [];
  const token = kept === undefined ? [] : [`The token that was obtained is kept in ${kept}.`];
  if (!beforeDelivery) {
    const undo = "`claude-fleet rotate --back` undoes it.";
    return [...token, `\`claude-fleet rotate\` continues from ${name}; ${undo}`];
  }
  const other = "`claude-fleet rotate --from obtain` obtains another token.";
  return kept === undefined ? [] : [...token, `\`claude-fleet rotate\` continues with it; ${other}`];
}
