/** The steps of a rotation, and which of them the world leaves to be done. Pure. */

/** Every step in its order, with the exit code of a rotation that ends in it. */
export const STEPS = {
  diagnose: { exit: 3, title: "Diagnose", meaning: "no new token is needed, or it could not be found out" },
  prerequisites: {
    exit: 4,
    title: "Prerequisites",
    meaning: "something is missing before anything is minted",
  },
  obtain: { exit: 5, title: "Obtain a token", meaning: "there is no token, or not a whole one" },
  check: {
    exit: 6,
    title: "Check it",
    meaning: "the token is not what it should be; nothing has left this machine",
  },
  deliver: { exit: 7, title: "Deliver it", meaning: "it did not reach its host, or the environment file" },
  "roll-out": { exit: 8, title: "Roll it out", meaning: "the gate or a container has refused it" },
  verify: { exit: 9, title: "Verify", meaning: "services have it, and not all is as it should be" },
  close: { exit: 10, title: "Close the loop", meaning: "rotated; the comment or the alert is missing" },
} as const;

export type StepName = keyof typeof STEPS;

/** In their order. */
export const STEP_NAMES = Object.keys(STEPS) as readonly StepName[];

/** Exit code when somebody else's rotation is under way. */
export const EXIT_LOCKED = 11;

/** What there is at the start: on this machine and on the token's host. */
export interface World {
  /** A rotation that was begun here and is not over. */
  readonly begun: { readonly since: string; readonly target: string | undefined } | undefined;
  /** Digest of a token file that was obtained and is kept here until it is delivered. */
  readonly kept: string | undefined;
  /** Digest of the file on its host. */
  readonly candidate: string | undefined;
  /** Services whose container does not have that file, which it could not without the gate, or does not run. */
  readonly lagging: readonly string[];
  /** Whether the environment file holds the token of the file; undefined: there is none to look at. */
  readonly environment: "same" | "different" | undefined;
}

/** What the operator asks for. */
export interface Wanted {
  /** Why, where nothing needs to be broken for it. */
  readonly reason: string | undefined;
  /** Steps before it are taken for done. */
  readonly from: StepName | undefined;
}

/** One step and what becomes of it. */
export interface PlannedStep {
  readonly name: StepName;
  readonly action: "do" | "skip";
  /** Why it is skipped, or what it is about to do. */
  readonly why: string;
}

/** The plan, with the digest of the file that everything is about; undefined until a token is obtained. */
export interface RotationSteps {
  readonly target: string | undefined;
  readonly steps: readonly PlannedStep[];
}

/** Decides what is to be done. The world decides, and not what was written down about it. */
export function planSteps(world: World, wanted: Wanted): RotationSteps {
  const first = wanted.from === undefined ? 0 : STEP_NAMES.indexOf(wanted.from);
  const late = first >= STEP_NAMES.indexOf("deliver");
  // Whoever begins from there wants another one than what there may be.
  const anew = wanted.from === "obtain";
  const target = anew
    ? undefined
    : (world.kept ?? world.begun?.target ?? (late ? world.candidate : undefined));
  const steps = STEP_NAMES.map((name, index) => {
    // The lock and the way to the host are needed wherever one begins.
    if (index < first && name !== "prerequisites") {
      return { name, action: "skip", why: `begun from ${wanted.from ?? name}` } as const;
    }
    return { name, ...actionOf(name, world, wanted, target) };
  });
  return { target, steps };
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
      if (world.begun !== undefined) return skip(`a rotation is under way since ${world.begun.since}`);
      if (reason !== undefined) return skip(`asked for: ${reason}`);
      return doIt("is the token dead?");
    case "prerequisites":
      return doIt("ssh, the lock on the host, and what minting needs");
    case "obtain":
      if (delivered) return skip("the token is on its host already");
      if (world.kept !== undefined && from !== "obtain")
        return skip("a token that was obtained before is kept here");
      return doIt("a fresh token");
    case "check":
      if (delivered) return skip("the token is on its host already");
      return doIt("shape, kind, account, lifetime, one real call");
    case "deliver":
      if (delivered && world.environment !== "different") return skip("file and environment have it already");
      return doIt(delivered ? "the environment file" : "to its host, as the candidate");
    case "roll-out":
      if (delivered && world.lagging.length === 0) {
        return skip("every container has it already");
      }
      return doIt("the gate, then one container after the other");
    case "verify":
      return doIt("containers, gateway, a small task, the services' logs");
    case "close":
      return doIt("the comment, the alert, the report");
  }
}

function skip(why: string) {
  return { action: "skip", why } as const;
}

function doIt(why: string) {
  return { action: "do", why } as const;
}
