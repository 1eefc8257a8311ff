/** The step `roll-out`: a `pulumi up` that is limited to the gate and the services of this token. */
import { ExpectedError } from "../../../lib/expected-error.ts";
import { upArguments } from "../../rollout.ts";
import { hearPulumi } from "../../stack/pulumi.ts";
import { askRotationState, holdLock, worldOf, type Rotation, type Say } from "../rotation.ts";
import { plainText } from "../../../lib/printable.ts";

/** Rolls the token out. @throws {ExpectedError} with Pulumi's errors */
export async function rollOut(rotation: Rotation, say: Say): Promise<string> {
  await holdLock(rotation, false);
  const { target, signal } = rotation;
  const end = await hearPulumi(target.root, upArguments(target), (line) => say(plainText(line, 160)), signal);
  if (end.code !== 0) throw new ExpectedError(rolloutProblems(end.lines, target.stack));
  rotation.state = await askRotationState(rotation);
  const { lagging, candidate = "" } = worldOf(undefined, undefined, rotation.state);
  if (lagging.length > 0) {
    throw new ExpectedError(
      `${lagging.join(", ")} did not get ${candidate.slice(0, 12)}, although pulumi reported no error. Run \`npx pulumi up\` and read its output.`,
    );
  }
  return `${target.token.services.length} services have ${candidate.slice(0, 12)}`;
}

/** Matches lines that the engine adds to the error of a resource. */
const FRAMES = /^(?:update failed|exit status \d+: running )/;

/** Returns the errors in Pulumi's output, and the remedy. */
export function rolloutProblems(lines: readonly string[], stack: string): readonly string[] {
  if (lines.some((line) => /the stack is currently locked/i.test(line))) {
    return [
      `The state of ${stack} is locked: another pulumi runs, or one was killed. Wait for it. If you know that none runs: \`npx pulumi cancel --yes --stack ${stack} && npx pulumi refresh --yes --clear-pending-creates --stack ${stack}\`, then \`claude-fleet rotate\` again.`,
    ];
  }
  const errors = lines
    .flatMap((line) => /^\s*error: (.+)$/.exec(line)?.[1] ?? [])
    .filter((text) => !FRAMES.test(text));
  const said = [...new Set(errors.map((line) => plainText(line, 1000)))];
  const way =
    "The services after the failed one have the former token. Repair the cause and run `claude-fleet rotate` again, or return by `claude-fleet rotate --back`.";
  return said.length === 0 ? [`pulumi failed: ${plainText(lines.at(-1) ?? "", 500)}`, way] : [...said, way];
}
