/** Defines the steps of a rotation, and decides which of them are still to be done. */

function step(exit: number, title: string, meaning: string) {
  return { exit, title, meaning };
}

/** Every step in its order, with the exit code of a rotation that stops in it, and what that code means. */
export const STEPS = {
  diagnose: step(3, "Diagnose", "no new token is needed, or the diagnosis found nothing out"),
  prerequisites: step(4, "Check the prerequisites", "a prerequisite is missing; no token was created"),
  obtain: step(5, "Obtain a token", "there is no token, or it is incomplete"),
  check: step(6, "Check the token", "the token is wrong; it has not left this machine"),
  deliver: step(7, "Deliver the token", "the token did not reach its host or the environment file"),
  "roll-out": step(8, "Roll the token out", "the gate or a container refused the token"),
  verify: step(9, "Verify the services", "the services have the token, but a check of them failed"),
  close: step(
    10,
    "Close the rotation",
    "the token is rotated, but the comment is missing or the alert still fires",
  ),
};

export type StepName = keyof typeof STEPS;

/** The names of the steps in their order. */
export const STEP_NAMES = Object.keys(STEPS) as readonly StepName[];

/** Exit code when another rotation of the token is under way. */
export const EXIT_LOCKED = 11;

/** What is true at the start of a rotation, on this machine and on the token's host. */
export interface World {
  /** A rotation that began on this machine and has not ended. */
  readonly begun: { readonly since: string; readonly target: string | undefined } | undefined;
  /** Digest of a token file that this machine keeps until it is delivered. */
  readonly kept: string | undefined;
  /** Digest of the token file on its host. */
  readonly candidate: string | undefined;
  /** Services whose container does not run, or does not have that token file. */
  readonly lagging: readonly string[];
  /** Whether the environment file holds the token of the token file. Undefined: the settings name no such file. */
  readonly environment: "same" | "different" | undefined;
}

/** What the operator asks for. */
export interface Wanted {
  /** Why to rotate a token that works. */
  readonly reason: string | undefined;
  /** The first step to do. The steps before it count as done. */
  readonly from: StepName | undefined;
}

/** A step, and whether it is to be done. */
export interface PlannedStep {
  readonly name: StepName;
  readonly action: "do" | "skip";
  /** Why it is skipped, or what it will do. */
  readonly why: string;
}

/** The plan of a rotation. */
export interface RotationSteps {
  /** Digest of the token file to roll out. Undefined until a token is obtained. */
  readonly target: string | undefined;
  readonly steps: readonly PlannedStep[];
}

/** Plans a rotation. The observed world decides, not the journal of an earlier run. */
export function planSteps(world: World, wanted: Wanted): RotationSteps {
  const first = wanted.from === undefined ? 0 : STEP_NAMES.indexOf(wanted.from);
  const target = targetOf(world, wanted.from, first >= STEP_NAMES.indexOf("deliver"));
  const steps = STEP_NAMES.map((name, index) => {
    // Every rotation needs the lock and the connection to the host.
    if (index < first && name !== "prerequisites") {
      return { name, ...skip(`the rotation begins with ${wanted.from ?? name}`) };
    }
    return { name, ...actionOf(name, world, wanted, target) };
  });
  return { target, steps };
}

function targetOf(world: World, from: StepName | undefined, delivered: boolean): string | undefined {
  // An operator who begins with this step wants another token than a kept or delivered one.
  if (from === "obtain") return undefined;
  return world.kept ?? world.begun?.target ?? (delivered ? world.candidate : undefined);
}

function actionOf(
  name: StepName,
  world: World,
  { reason, from }: Wanted,
  target: string | undefined,
): Pick<PlannedStep, "action" | "why"> {
  const delivered = target !== undefined && world.candidate === target;
  switch (name) {
    case "diagnose":
      if (world.begun !== undefined) return skip(`a rotation has been under way since ${world.begun.since}`);
      if (reason !== undefined) return skip(`the operator gave a reason: ${reason}`);
      return doIt("is the token dead?");
    case "prerequisites":
      return doIt("ssh, the lock on the host, and what creating a token needs");
    case "obtain":
      if (delivered) return skip("the token is on its host already");
      if (world.kept !== undefined && from !== "obtain") return skip("this machine keeps a token already");
      return doIt("a new token");
    case "check":
      if (delivered) return skip("the token is on its host already");
      return doIt("shape, kind, account, lifetime and one real call");
    case "deliver":
      if (delivered && world.environment !== "different") {
        return skip("the token file and the environment file have the token already");
      }
      return doIt(delivered ? "into the environment file" : "to its host, as the candidate");
    case "roll-out":
      if (delivered && world.lagging.length === 0) return skip("every container has the token already");
      return doIt("the gate, then one container after the other");
    case "verify":
      return doIt("containers, gateway, a small task, and the services' logs");
    case "close":
      return doIt("the comment, the alert, and the report");
  }
}

function skip(why: string) {
  return { action: "skip", why } as const;
}

function doIt(why: string) {
  return { action: "do", why } as const;
}
