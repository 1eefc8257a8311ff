/** Options of a component, and of its own resources. */
import * as pulumi from "@pulumi/pulumi";

/** What a component may be told about the `up` that it is declared in. */
export interface Held {
  /** Something that comes before it has failed: its resources stay as they are, and none is made. */
  readonly held?: boolean;
}

/**
 * The parent, and what the component depends on: Pulumi's Node SDK does not hand a component's `dependsOn` down to
 * its children, which would then be made before what the component was told to wait for.
 * @param held name of what must stay as it is in this `up`; undefined: nothing
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

/** What is not there yet has no former self to stay. */
function refusal(name: string): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}-held`, () => {
    throw new Error(`${name} waits for what has failed in this run; nothing of it was made.`);
  });
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
