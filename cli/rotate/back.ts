/** `claude-fleet rotate --back`: returns to the token before the one that is rolled out, everywhere. */
import { ExpectedError } from "../../lib/expected-error.ts";
import { unlockResult } from "../../host/rotation-protocol.ts";
import { EXIT_LOCKED, STEPS, type StepName } from "../../plan/rotation/steps.ts";
import { hostToken } from "../../program/requests.ts";
import { sentencesOf } from "../problems.ts";
import { putBack } from "../rollout.ts";
import type { TokenTarget } from "../stack/token-target.ts";
import { writeEnvironment } from "./deliver.ts";
import { newJournal, RotationFolder } from "./keep.ts";
import { rollOut } from "./roll-out.ts";
import {
  ask,
  holdLock,
  LockedError,
  lookAtHost,
  type RotateOptions,
  type Rotation,
  type Say,
} from "./rotation.ts";
import { verify } from "./verify.ts";
import type { View } from "./views.ts";

/** @returns the exit code of the step that failed, 0 when all is as it was */
export async function rotateBack(
  target: TokenTarget,
  options: RotateOptions,
  view: View,
  signal: AbortSignal,
): Promise<number> {
  const folder = new RotationFolder(`${target.plan.fleet}-${target.token.name}`);
  const journal = (await folder.journal()) ?? newJournal("the way back");
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
    await ask(rotation, request, unlockResult);
    view.end({ exitCode: 0, problems: [] });
    return 0;
  } catch (error) {
    const exitCode = error instanceof LockedError ? EXIT_LOCKED : STEPS[step].exit;
    view.end({ exitCode, problems: sentencesOf(error) });
    return exitCode;
  }
}

/** A rerun finds the former file in its place already: then the gate has not passed it last, and containers lag. */
async function returnFile(rotation: Rotation, say: Say): Promise<string> {
  const { file, passed } = rotation.state;
  const [current, former] = passed;
  if (former !== undefined && file.sha256 === former && current !== former) {
    return `the file is ${former.slice(0, 12)} already`;
  }
  if (former === undefined && file.sha256 === current) {
    throw new ExpectedError("No file before this one is known on the host: there is no way back.");
  }
  const { to } = await putBack(rotation.target, say);
  return `the file is ${to.slice(0, 12)} again`;
}
