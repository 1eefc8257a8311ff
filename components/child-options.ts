/** Returns the resource options of a component and of its children. */
import * as pulumi from "@pulumi/pulumi";

/** Arguments of a component that waits for others. */
export interface Held {
  /** Whether something that comes before has failed in this `up`: resources then stay as they are, and none is created. */
  readonly held?: boolean;
}

/**
 * Returns the options of a component's resources: the parent, and what the component depends on. Pulumi's Node SDK does
 * not pass a component's `dependsOn` to its children, which would then be created too early.
 * @param held name of the resource that must stay as it is in this `up`; undefined: none
 */
export function childOptions(
  component: pulumi.ComponentResource,
  opts: pulumi.ComponentResourceOptions | undefined,
  held?: string,
): pulumi.CustomResourceOptions {
  return {
    parent: component,
    ...(opts?.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn }),
    ...(held === undefined ? {} : { ignoreChanges: ["*"], hooks: { beforeCreate: [refusal(held)] } }),
  };
}

/** Returns a hook that refuses a create: `ignoreChanges` holds only a resource that exists. */
function refusal(name: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}-held`, () => {
    throw new Error(
      `${name} was not created, because a resource that comes before it has failed in this run. Repair that, then run \`pulumi up\` again.`,
    );
  });
}

/**
 * Returns a component's own options, without `dependsOn`. The engine skips what depends on a failed resource. A skipped
 * component that reports its outputs ends the whole program ("cannot complete a resource … whose registration isn't
 * pending"), in the middle of other work.
 */
export function ownOptions(
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions {
  const own = { ...opts };
  delete own.dependsOn;
  return own;
}
