/** Options of a component, and of its own resources. */
import type * as pulumi from "@pulumi/pulumi";

/**
 * The parent, and what the component depends on: Pulumi's Node SDK does not hand a component's `dependsOn` down to
 * its children, which would then be made before what the component was told to wait for.
 */
export function childOptions(
  component: pulumi.ComponentResource,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.CustomResourceOptions {
  return {
    parent: component,
    ...(opts?.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }),
  };
}

/**
 * The component's own options: what it was told to wait for holds for its resources, not for itself. The engine
 * skips what depends on something failed, and then breaks the program off when a skipped component reports its
 * outputs ("cannot complete a resource … whose registration isn't pending"), in the midst of everybody else's work.
 */
export function ownOptions(
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions {
  const own = { ...opts };
  delete own.dependsOn;
  return own;
}
