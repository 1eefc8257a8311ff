/**
 * Waits for the engine to finish with a resource, and says whether it succeeded.
 *
 * Some resources must follow others that may leave the fleet. `dependsOn` must not order those. When a resource fails or
 * is skipped in the same `up` that deletes its dependency, the state keeps the deleted dependency. The engine then refuses
 * that state ("snapshot integrity failure", seen with 3.259.0 and --continue-on-error). So the program itself waits before
 * it declares the next resource, and leaves that resource as it is when an earlier one has failed.
 */
import * as pulumi from "@pulumi/pulumi";

/** Waits until the engine has finished with each resource, whether it succeeded or not. */
export async function finished(resources: readonly pulumi.Resource[]): Promise<void> {
  await Promise.all(
    // The engine gives every resource a URN, also one that failed.
    resources.map(({ urn }) => new Promise<void>((resolve) => void urn.apply(() => resolve()))),
  );
}

/** Waits until the engine has finished with every resource that was declared. The SDK's types leave the function out. */
export function allFinished(): Promise<void> {
  return (pulumi.runtime as unknown as { readonly waitForRPCs: () => Promise<void> }).waitForRPCs();
}

/** Waits until the engine has finished with each command. @returns whether all succeeded; true in a preview */
export async function succeeded(
  commands: readonly (pulumi.Resource & { readonly stdout: pulumi.Output<unknown> })[],
): Promise<boolean> {
  await finished(commands);
  if (pulumi.runtime.isDryRun()) return true;
  return (await Promise.all(commands.map(({ stdout }) => isKnown(stdout)))).every(Boolean);
}

/**
 * Returns the output's value, or `otherwise` when its resource has failed. The engine checks the inputs of a skipped
 * resource before it skips it, and would report a missing input as one more error.
 */
export function unlessFailed(output: pulumi.Output<string>, otherwise: string): pulumi.Output<string> {
  return pulumi.output(isKnown(output).then((known) => (known ? output : otherwise)));
}

/** In an `up`, the output of a failed or skipped resource stays unknown. The SDK's types leave this field out. */
function isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
  return (output as unknown as { readonly isKnown: Promise<boolean> }).isKnown;
}
