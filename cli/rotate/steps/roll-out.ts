/** Rolls the token out by the stack, limited to the gate and the services of this token. */
import { ExpectedError, plainText } from "../../../lib/expected-error.ts";
import { upArguments } from "../../rollout.ts";
import { hearPulumi } from "../../stack/pulumi.ts";
import { holdLock, lookAtHost, worldOf, type Rotation, type Say } from "../rotation.ts";

/** @throws {ExpectedError} with what Pulumi says went wrong */
export async function rollOut(rotation: Rotation, say: Say): Promise<string> {
  await holdLock(rotation, false);
  const { target, signal } = rotation;
  const end = await hearPulumi(target.root, upArguments(target), (line) => say(plainText(line, 160)), signal);
  if (end.code !== 0) throw new ExpectedError(failure(end.lines, target.stack));
  rotation.state = await lookAtHost(rotation);
  const { lagging, candidate = "" } = worldOf(undefined, undefined, rotation.state);
  if (lagging.length > 0) {
    throw new ExpectedError(
      `${lagging.join(", ")} did not get ${candidate.slice(0, 12)}, though pulumi has nothing against it; run \`npx pulumi up\`, and look at what it says.`,
    );
  }
  return `${target.token.services.length} services have ${candidate.slice(0, 12)}`;
}

/** What the engine says of itself when something else has failed. */
const FRAMES = /^(?:update failed|exit status \d+: running )/;

/** What of Pulumi's output is worth repeating. Pure. */
export function failure(lines: readonly string[], stack: string): readonly string[] {
  if (lines.some((line) => /the stack is currently locked/i.test(line))) {
    return [
      `The state of ${stack} is locked: another pulumi is at work, or one was killed. Wait for it; or once you know that none runs: \`npx pulumi cancel --yes --stack ${stack} && npx pulumi refresh --yes --clear-pending-creates --stack ${stack}\`, then \`claude-fleet rotate\` again.`,
    ];
  }
  const errors = lines
    .flatMap((line) => /^\s*error: (.+)$/.exec(line)?.[1] ?? [])
    .filter((text) => !FRAMES.test(text));
  const said = [...new Set(errors.map((line) => plainText(line, 1000)))];
  const way =
    "The services after the failed one have the former token; mend it and run `claude-fleet rotate` again, or go back by `claude-fleet rotate --back`.";
  return said.length === 0 ? [`pulumi failed: ${plainText(lines.at(-1) ?? "", 500)}`, way] : [...said, way];
}
