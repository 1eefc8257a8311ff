/** Options of a component's own resources. */
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
