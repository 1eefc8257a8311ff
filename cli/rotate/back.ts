/** `claude-fleet rotate --back`: returns to the previous token everywhere. */
import { EXIT_LOCKED, STEPS, type StepName } from "../../plan/rotation/step-table.ts";
import { sentencesOf } from "../problems.ts";
import { putBack } from "../rollout.ts";
import { writeEnvironment } from "./steps/deliver.ts";
import { newJournal, RotationFolder } from "./journal.ts";
import { rollOut } from "./steps/roll-out.ts";
import {
  askRotationState,
  holdLock,
  LockedError,
  unlock,
  writeJournal,
  type RotationWork,
  type Rotation,
  type Say,
} from "./rotation.ts";
import { verify } from "./steps/verify.ts";

/** The reason in the journal of a return. A rerun recognises an unfinished return by it. */
const REASON = "the way back";

/** Returns to the previous token. @returns the exit code of the step that failed; 0 when all steps succeeded */
export const rotateBack: RotationWork = async (target, options, view, signal) => {
  const folder = new RotationFolder(`${target.plan.fleet}-${target.token.name}`);
  const journal = (await folder.journal()) ?? newJournal(REASON);
  const state = await askRotationState({ target, signal });
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
    await folder.dropToken();
    await folder.forget();
    await unlock(rotation);
    view.end({ exitCode: 0, problems: [] });
    return 0;
  } catch (error) {
    const exitCode = error instanceof LockedError ? EXIT_LOCKED : STEPS[step].exit;
    view.end({ exitCode, problems: sentencesOf(error) });
    return exitCode;
  }
};

/** Puts the previous file back, unless an interrupted return has done so. @returns what was done */
async function returnFile(rotation: Rotation, say: Say): Promise<string> {
  const { state, journal } = rotation;
  if (journal.reason === REASON && journal.target !== null && state.file.sha256 === journal.target) {
    return `the file is ${journal.target.slice(0, 12)} already`;
  }
  const { to } = await putBack(rotation.target, say);
  await writeJournal(rotation, { reason: REASON, target: to });
  rotation.state = await askRotationState(rotation);
  return `the file is ${to.slice(0, 12)} again`;
}
