/** Runs a rotation: plans its steps from the state of the token's host, does the steps that are left, and records each step. */
import { sha256Of } from "../../lib/sha256.ts";
import { planSteps, type PlannedStep, type StepName } from "../../plan/rotation/step-table.ts";
import type { TokenTarget } from "../stack/find-token.ts";
import { endFailedStep } from "./failed-step.ts";
import { newJournal, RotationFolder, type Journal } from "./journal.ts";
import {
  ageOf,
  askRotationState,
  record,
  unlock,
  worldOf,
  type RotateOptions,
  type RotationWork,
  type Rotation,
  type Say,
} from "./rotation.ts";
import { checkToken } from "./steps/check.ts";
import { close, currentReport } from "./steps/close.ts";
import { deliver } from "./steps/deliver.ts";
import { diagnose } from "./steps/diagnose.ts";
import { obtain } from "./steps/obtain.ts";
import { checkPrerequisites } from "./steps/prerequisites.ts";
import { rollOut } from "./steps/roll-out.ts";
import { verify } from "./steps/verify.ts";
import type { View } from "./view.ts";

/** What each step does. The order and the exit codes are in plan/rotation/step-table.ts. */
const WORK: Readonly<Record<StepName, (rotation: Rotation, say: Say) => Promise<string>>> = {
  diagnose,
  prerequisites: checkPrerequisites,
  obtain,
  check: checkToken,
  deliver,
  "roll-out": rollOut,
  verify,
  close,
};

/** Rotates, or continues a rotation that was begun on this machine. */
export const rotate: RotationWork = async (target, options, view, signal) => {
  const { rotation, steps } = await open(target, options, signal);
  const { entries, since } = rotation.journal;
  if (entries.length > 0) view.note(`Continuing the rotation of ${since}: ${historyOf(rotation.journal)}.`);
  for (const step of steps) {
    const code = await takeStep(rotation, step, view);
    if (code !== undefined) return code;
  }
  const report = currentReport(rotation);
  await rotation.folder.finish(report);
  await unlock(rotation);
  view.end({ exitCode: 0, problems: [], report });
  return 0;
};

/** Shows what {@link rotate} would do, and changes nothing. */
export const rehearse: RotationWork = async (target, options, view, signal) => {
  const { rotation, steps } = await open(target, options, signal);
  const { mark: lock, missing } = rotation.state;
  if (lock !== null && lock.id !== rotation.journal.id) {
    view.note(`${lock.by} rotates this token since ${lock.since}, last seen ${ageOf(lock.seen)} ago.`);
  }
  for (const sentence of missing) view.note(sentence);
  for (const { name, action, why } of steps) {
    if (action === "skip") view.skipped(name, why);
    else view.note(`would do ${name}: ${why}`);
  }
  view.end({ exitCode: 0, problems: [] });
  return 0;
};

async function open(target: TokenTarget, options: RotateOptions, signal: AbortSignal) {
  const folder = new RotationFolder(`${target.plan.fleet}-${target.token.name}`);
  const begun = await folder.journal();
  const kept = await folder.keptToken();
  const state = await askRotationState({ target, signal });
  const planned = planSteps(worldOf(begun, kept, state), { reason: options.reason, from: options.from });
  const journal: Journal = {
    ...(begun ?? newJournal(options.reason)),
    ...(planned.target === undefined ? {} : { target: planned.target }),
  };
  const mints = planned.steps.some(({ name, action }) => name === "obtain" && action === "do");
  const rotation: Rotation = { target, options, folder, signal, journal, state, mints, findings: [] };
  return { rotation, steps: planned.steps };
}

/** Takes or skips one step. @returns the exit code when the step ends the rotation */
async function takeStep(
  rotation: Rotation,
  { name, action, why }: PlannedStep,
  view: View,
): Promise<number | undefined> {
  if (action === "skip") {
    view.skipped(name, why);
    if (name === "deliver") await dropDeliveredToken(rotation);
    await record(rotation, { step: name, took: 0, outcome: "skipped", said: why });
    return undefined;
  }
  const begun = performance.now();
  const interactive = name === "obtain";
  try {
    const said = await view.step(name, (say) => WORK[name](rotation, say), interactive);
    await record(rotation, { step: name, took: performance.now() - begun, outcome: "done", said });
    return undefined;
  } catch (error) {
    return endFailedStep(rotation, name, error, performance.now() - begun, view);
  }
}

/** Removes the token from this machine when it is on its host already: the rotation was ended right after delivery. */
async function dropDeliveredToken({ folder, state }: Rotation): Promise<void> {
  const kept = await folder.keptToken();
  if (kept !== undefined && sha256Of(kept) === state.file.sha256) await folder.dropToken();
}

function historyOf({ entries }: Journal): string {
  const last = new Map(entries.map(({ step, outcome }) => [step, outcome]));
  return [...last].map(([step, outcome]) => `${step} ${outcome}`).join(", ");
}
