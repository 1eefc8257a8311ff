/**
 * Order among resources of which one may leave the fleet while the other stays.
 *
 * `dependsOn` must not order them. Where a resource fails, or is skipped because another one did, in the same `up` that
 * deletes what it depended on, the state keeps the former dependency on what is gone, and from then on the engine refuses
 * all of it: "snapshot integrity failure" (seen with 3.259.0 and --continue-on-error). So the program itself waits for
 * the engine's turn with the one before it declares the other, and has that one stay as it is where the first has failed.
 */
import * as pulumi from "@pulumi/pulumi";

/** Waits until the engine has had its turn with each of these, whatever came of it. */
export async function tried(resources: readonly pulumi.Resource[]): Promise<void> {
  await Promise.all(
    // An Output is no thenable; the engine gives every resource a URN, failed or not.
    resources.map(({ urn }) => new Promise<void>((resolve) => void urn.apply(() => resolve()))),
  );
}

/** A command, whose output tells whether it has run. */
export interface Ran extends pulumi.Resource {
  readonly stdout: pulumi.Output<unknown>;
}

/**
 * The same, for commands.
 * @returns whether all have done what they shall; in a preview, which does nothing, always
 */
export async function succeeded(commands: readonly Ran[]): Promise<boolean> {
  await tried(commands);
  if (pulumi.runtime.isDryRun()) return true;
  return (await Promise.all(commands.map(({ stdout }) => isKnown(stdout)))).every(Boolean);
}

/** In an `up` an output stays unknown when its resource has failed or was skipped. The SDK has no public name for it. */
function isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
  return (output as unknown as { readonly isKnown: Promise<boolean> }).isKnown;
}
