/** `claude-fleet rotate --back`: returns to the token before the one that is rolled out, everywhere. */
import { EXIT_LOCKED, STEPS, type StepName } from "../../plan/rotation/steps.ts";
import { hostToken } from "../../plan/requests/token.ts";
import { sentencesOf } from "../problems.ts";
import { putBack } from "../rollout.ts";
import type { TokenTarget } from "../stack/find-token.ts";
import { writeEnvironment } from "./steps/deliver.ts";
import { newJournal, RotationFolder } from "./journal.ts";
import { rollOut } from "./steps/roll-out.ts";
import {
  ask,
  holdLock,
  LockedError,
  lookAtHost,
  remember,
  type RotateOptions,
  type Rotation,
  type Say,
} from "./rotation.ts";
import { verify } from "./steps/verify.ts";
import type { View } from "./view.ts";

/** What the journal calls it. */
const REASON = "the way back";

/** @returns the exit code of the step that failed, 0 when all is as it was */
export async function rotateBack(
  target: TokenTarget,
  options: RotateOptions,
  view: View,
  signal: AbortSignal,
): Promise<number> {
  const folder = new RotationFolder(`${target.plan.fleet}-${target.token.name}`);
  const journal = (await folder.journal()) ?? newJournal(REASON);
  const state = await lookAtHost({ target, signal });
  const rotation: Rotation = { target, options, folder, signal, journal, state, mints: false, findings: [] };
  let step: StepName = "prerequisites";
  const take = (name: StepName, work: (say: Say) => Promise<string>) => {
    step = name;
    return view.step(name, work, false);
  };
  try {
    await take("prerequisites", async () => {
      await holdLock(rotation, options.takeOver);
      return "the lock is this rotation's";
    });
    await take("deliver", async (say) => {
      const said = await returnFile(rotation, say);
      return [said, ...(await writeEnvironment(rotation, say))].join("; ");
    });
    await take("roll-out", (say) => rollOut(rotation, say));
    await take("verify", (say) => verify(rotation, say));
    await folder.drop();
    await folder.forget();
    const request = {
      action: "rotation-unlock",
      token: hostToken(target.plan, target.token),
      id: journal.id,
    } as const;
    await ask(rotation, request);
    view.end({ exitCode: 0, problems: [] });
    return 0;
  } catch (error) {
    const exitCode = error instanceof LockedError ? EXIT_LOCKED : STEPS[step].exit;
    view.end({ exitCode, problems: sentencesOf(error) });
    return exitCode;
  }
}

/** @returns what was done; a rerun finds the former file in its place already, and must not exchange them once more */
async function returnFile(rotation: Rotation, say: Say): Promise<string> {
  const { state, journal } = rotation;
  if (journal.reason === REASON && journal.target !== null && state.file.sha256 === journal.target) {
    return `the file is ${journal.target.slice(0, 12)} already`;
  }
  const { to } = await putBack(rotation.target, say);
  await remember(rotation, { reason: REASON, target: to });
  rotation.state = await lookAtHost(rotation);
  return `the file is ${to.slice(0, 12)} again`;
}
