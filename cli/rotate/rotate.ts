/** Runs a rotation: plans its steps from the world, does those that are left, and remembers each. */
import { ExpectedError } from "../../lib/expected-error.ts";
import { tokenFinding } from "../../plan/diagnosis/token-finding.ts";
import { FINDINGS } from "../../plan/diagnosis/findings.ts";
import {
  EXIT_LOCKED,
  planSteps,
  STEP_NAMES,
  STEPS,
  type PlannedStep,
  type StepName,
} from "../../plan/rotation/steps.ts";
import { hostToken } from "../../plan/requests/token.ts";
import { collectEvidence } from "../diagnose/collect-evidence.ts";
import { sentencesOf } from "../problems.ts";
import type { TokenTarget } from "../stack/find-token.ts";
import { checkToken, UselessTokenError } from "./steps/check.ts";
import { close, currentReport } from "./steps/close.ts";
import { deliver } from "./steps/deliver.ts";
import { newJournal, RotationFolder, type Journal, type JournalEntry } from "./journal.ts";
import { obtain, SameTokenError } from "./steps/obtain.ts";
import { checkPrerequisites } from "./steps/prerequisites.ts";
import { rollOut } from "./steps/roll-out.ts";
import {
  age,
  ask,
  LockedError,
  lookAtHost,
  remember,
  sha256Of,
  worldOf,
  type RotateOptions,
  type Rotation,
  type Say,
} from "./rotation.ts";
import { verify } from "./steps/verify.ts";
import type { View } from "./view.ts";

const INTERRUPTED = 130;

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

/**
 * Rotates, or goes on with a rotation that was begun on this machine.
 * @returns the exit code; what went wrong has been shown then
 */
export async function rotate(
  target: TokenTarget,
  options: RotateOptions,
  view: View,
  signal: AbortSignal,
): Promise<number> {
  const { rotation, steps } = await open(target, options, signal);
  const { entries, since } = rotation.journal;
  if (entries.length > 0) view.note(`Going on with the rotation of ${since}: ${history(entries)}.`);
  for (const step of steps) {
    const code = await takeStep(rotation, step, view);
    if (code !== undefined) return code;
  }
  const report = currentReport(rotation);
  await rotation.folder.finish(report);
  await unlock(rotation);
  view.end({ exitCode: 0, problems: [], report });
  return 0;
}

/** Shows what {@link rotate} would do, and changes nothing. */
export async function rehearse(
  target: TokenTarget,
  options: RotateOptions,
  view: View,
  signal: AbortSignal,
): Promise<number> {
  const { rotation, steps } = await open(target, options, signal);
  const { mark, missing } = rotation.state;
  if (mark !== null && mark.id !== rotation.journal.id) {
    view.note(`${mark.by} rotates it since ${mark.since}, last seen ${age(mark.seen)} ago.`);
  }
  for (const sentence of missing) view.note(sentence);
  for (const { name, action, why } of steps) {
    if (action === "skip") view.skipped(name, why);
    else view.note(`would do ${name}: ${why}`);
  }
  view.end({ exitCode: 0, problems: [] });
  return 0;
}

async function open(target: TokenTarget, options: RotateOptions, signal: AbortSignal) {
  const folder = new RotationFolder(`${target.plan.fleet}-${target.token.name}`);
  const begun = await folder.journal();
  const kept = await folder.kept();
  const state = await lookAtHost({ target, signal });
  const planned = planSteps(worldOf(begun, kept, state), { reason: options.reason, from: options.from });
  const journal: Journal = {
    ...(begun ?? newJournal(options.reason)),
    ...(planned.target === undefined ? {} : { target: planned.target }),
  };
  const mints = planned.steps.some(({ name, action }) => name === "obtain" && action === "do");
  const rotation: Rotation = { target, options, folder, signal, journal, state, mints, findings: [] };
  return { rotation, steps: planned.steps };
}

/** @returns the exit code when it ends the rotation */
async function takeStep(
  rotation: Rotation,
  { name, action, why }: PlannedStep,
  view: View,
): Promise<number | undefined> {
  if (action === "skip") {
    view.skipped(name, why);
    if (name === "deliver") await dropDelivered(rotation);
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
    return endFailed(rotation, name, error, performance.now() - begun, view);
  }
}

async function endFailed(
  rotation: Rotation,
  name: StepName,
  error: unknown,
  took: number,
  view: View,
): Promise<number> {
  const stopped = rotation.signal.aborted;
  // What was cut short has its own words for that, none of which says more.
  const problems = stopped ? [`Stopped in ${name}.`] : [...sentencesOf(error)];
  const exitCode = stopped
    ? INTERRUPTED
    : error instanceof LockedError
      ? EXIT_LOCKED
      : error instanceof SameTokenError
        ? 0
        : STEPS[name].exit;
  if (name !== "diagnose" && !(error instanceof LockedError)) {
    await record(rotation, { step: name, took, outcome: "failed", said: problems.join(" ") });
  }
  const before = STEP_NAMES.indexOf(name) < STEP_NAMES.indexOf("deliver");
  if (error instanceof UselessTokenError) await rotation.folder.drop();
  const kept = await rotation.folder.kept();
  if (before) {
    // Nothing on the host is half done: others may rotate meanwhile.
    if (name !== "diagnose" && !(error instanceof LockedError)) await unlock(rotation).catch(() => undefined);
    if (kept === undefined) await rotation.folder.forget();
  }
  problems.push(...standing(name, before, kept === undefined ? undefined : rotation.folder.keptPlace));
  view.end({ exitCode, problems });
  return exitCode;
}

/** A token that arrived right before the rotation was ended is kept here for nothing. */
async function dropDelivered({ folder, state }: Rotation): Promise<void> {
  const kept = await folder.kept();
  if (kept !== undefined && sha256Of(kept) === state.file.sha256) await folder.drop();
}

/** What is half done, in words. @param kept path of a token that is kept on this machine */
function standing(name: StepName, before: boolean, kept: string | undefined): readonly string[] {
  if (name === "diagnose") return [];
  const token = kept === undefined ? [] : [`The token that was obtained is kept in ${kept}.`];
  if (before) {
    if (kept === undefined) return [];
    return [
      ...token,
      "`claude-fleet rotate` goes on with it, `claude-fleet rotate --from obtain` with another.",
    ];
  }
  return [
    ...token,
    `\`claude-fleet rotate\` goes on from ${name}; \`claude-fleet rotate --back\` undoes it.`,
  ];
}

async function diagnose(rotation: Rotation, say: Say): Promise<string> {
  const { target, signal } = rotation;
  const { name, diagnosis } = target.token;
  const evidence = await collectEvidence(target, { signal, say });
  const verdict = tokenFinding(evidence, { token: name, refresh: diagnosis.refresh });
  if (FINDINGS[verdict.kind].rotate) {
    const severity = verdict.severity === undefined ? "" : ` (${verdict.severity})`;
    rotation.journal = { ...rotation.journal, reason: `${verdict.kind}${severity}` };
    return `${verdict.kind}${severity}: ${verdict.summary}`;
  }
  const next = verdict.next === undefined ? "" : ` Next: ${verdict.next}.`;
  throw new ExpectedError([
    `${verdict.kind}: ${verdict.summary}${next} Nothing was changed; a rotation all the same needs --reason.`,
    ...verdict.evidence,
  ]);
}

async function record(rotation: Rotation, entry: Omit<JournalEntry, "at">): Promise<void> {
  const at = new Date().toISOString();
  const { entries } = rotation.journal;
  await remember(rotation, { entries: [...entries, { ...entry, at, took: Math.round(entry.took) }] });
}

async function unlock({ target, signal, journal }: Rotation): Promise<void> {
  const { plan, token } = target;
  const request = { action: "rotation-unlock", token: hostToken(plan, token), id: journal.id } as const;
  await ask({ target, signal }, request);
}

function history(entries: readonly JournalEntry[]): string {
  const last = new Map(entries.map(({ step, outcome }) => [step, outcome]));
  return [...last].map(([step, outcome]) => `${step} ${outcome}`).join(", ");
}
