/**
 * The table of actions: everything that an operator can ask of a host. Command lines, component arguments, the host's
 * dispatch and the observer's allow-list are derived from it.
 */
import * as z from "zod";
import { fleetName, list, object, protocol, sha256, text } from "./fields.ts";
import { hostPlan } from "./host-plan.ts";
import { containerCheck, containerOwner, recreation, staleQuestion } from "./rollout.ts";
import {
  environmentFile,
  rotationId,
  rotationLock,
  rotationState,
  taskResult,
  tokenEvidence,
  tokenQuestion,
} from "./rotation.ts";
import { rulesObservation, rulesPlan, rulesResult } from "./monitoring-rules.ts";
import { gateResult, hostCompose, hostToken, observedService, tokenFileObservation } from "./token-file.ts";
import { agentRun, loginResult, pauseResult, userTarget, workstationStatus } from "./user-run.ts";
import { applyResult, unenrolResult, workstationObservation } from "./workstation.ts";

/** An entry of the table. */
interface Action {
  /** Fields of the request beside `action`. */
  readonly request: z.core.$ZodLooseShape;
  readonly result: z.ZodType;
  /** What the action does, for `claude-fleet host --help`. */
  readonly help: string;
  /**
   * Who asks for it. `resource`: a command resource of the stack, by `claude-fleet host ACTION`. `program`: the Pulumi
   * program, before it declares anything. `person`: another command of `claude-fleet`.
   */
  readonly askedBy: "resource" | "program" | "person";
  /** Whether the action may change anything on the host. */
  readonly changes: boolean;
  /** Whether an observer's key may ask for it; see host/observer/. */
  readonly observer: boolean;
  /**
   * Whether the operator first sends Node to a host that has none. Only an apply installs it, so a token host would get it
   * with each request. A status does not wait for it.
   */
  readonly sendsNode: boolean;
  /** Seconds until the operator gives up, beyond the time that the request itself waits. */
  readonly deadlineSeconds: number;
}

/** Seconds that a preview waits for one host. */
const LOOK = 60;
/** An apply of many users mints tokens one after the other, and a probe may wait for a slow API. */
const CHANGE = 1800;
/** A run may wait for the CLI twice, and for locks in between: see the unit's TimeoutStartSec. */
const AGENT_RUN = 4 * 3600;
/** An apply may hold the host's lock this long, and a probe may wait for a slow API. */
const LOCKED = 600;
/** A session without a call takes seconds, but a gate may hold the lock of the approved copies. */
const ROTATION = 400;

const change = {
  askedBy: "resource",
  changes: true,
  observer: false,
  sendsNode: false,
  deadlineSeconds: CHANGE,
} as const;
const look = {
  askedBy: "program",
  changes: false,
  observer: true,
  sendsNode: false,
  deadlineSeconds: LOOK,
} as const;
const personal = {
  askedBy: "person",
  changes: true,
  observer: false,
  sendsNode: true,
  deadlineSeconds: LOCKED,
} as const;
const rotating = { ...personal, sendsNode: false, deadlineSeconds: ROTATION } as const;

const maxChanges = z.number().int().nonnegative();
const services = list(observedService, 100);
const pids = z.array(z.number().int()).max(100_000);
const rules = { rules: rulesPlan };

export const ACTIONS = {
  "observe-workstation": {
    ...look,
    sendsNode: true,
    help: "report the state of a workstation and its users",
    request: { plan: hostPlan },
    result: workstationObservation,
  },
  "observe-token": {
    ...look,
    help: "report the state of a token file and its containers",
    request: { token: hostToken, services, compose: hostCompose.optional() },
    result: tokenFileObservation,
  },
  "observe-rules": {
    ...look,
    help: "report the state of the files for Prometheus and Loki",
    request: rules,
    result: rulesObservation,
  },
  retire: {
    ...change,
    sendsNode: true,
    help: "unenrol the users of a workstation that the plan no longer has",
    request: { plan: hostPlan, maxChanges },
    result: unenrolResult,
  },
  apply: {
    ...change,
    sendsNode: true,
    help: "apply a workstation's plan and enrol its users",
    request: { plan: hostPlan, maxChanges },
    result: applyResult,
  },
  remove: {
    ...change,
    sendsNode: true,
    help: "unenrol all users of the fleet and remove its files from a workstation",
    // A delete gets the standard input of the apply before it, with the change limit of that apply.
    request: { plan: hostPlan, maxChanges: maxChanges.optional() },
    result: unenrolResult,
  },
  gate: {
    ...change,
    help: "prove a token file by a real call and store its approved copies",
    // `sha256`: the candidate's digest as it was observed.
    request: { token: hostToken, sha256: z.union([sha256, z.literal("unknown")]) },
    result: gateResult,
  },
  clear: {
    ...change,
    help: "remove a container that an interrupted rollout left under a service's name",
    request: { leftover: containerOwner },
    result: z.strictObject({ container: text(200), removed: z.boolean() }),
  },
  recreate: {
    ...change,
    help: "recreate a service of a compose file with the approved token, and verify it",
    request: { recreation },
    result: z.unknown(),
  },
  verify: {
    ...change,
    changes: false,
    help: "wait until a container is healthy and check the token that it reads",
    request: { check: containerCheck },
    // `state`: `healthy` when the container has a health check, else `running`.
    result: z.strictObject({ container: text(200), sha256, state: z.enum(["healthy", "running"]) }),
  },
  stale: {
    ...change,
    help: "find processes that outlived a rollout with a former token in their environment",
    request: { question: staleQuestion },
    // The pids of processes that outlived the rollout, and of those in the token's own containers.
    result: z.strictObject({ stale: pids, inside: pids }),
  },
  rules: {
    ...change,
    help: "write the files for Prometheus and Loki as the settings render them",
    request: rules,
    result: rulesResult,
  },
  "remove-rules": {
    ...change,
    help: "remove the files for Prometheus and Loki",
    request: rules,
    result: rulesResult,
  },
  status: {
    ...look,
    askedBy: "person",
    help: "report what root knows about the users of a fleet",
    request: { protocol, fleet: fleetName },
    result: workstationStatus,
  },
  "run-agent": {
    ...personal,
    deadlineSeconds: AGENT_RUN,
    help: "run a user's agent now",
    request: { target: userTarget },
    result: agentRun,
  },
  "await-login": {
    ...personal,
    deadlineSeconds: AGENT_RUN,
    help: "wait for a user's login and prove it",
    request: { target: userTarget, timeoutSeconds: z.number().positive().max(86_400) },
    result: loginResult,
  },
  pause: {
    ...personal,
    help: "pause a user's renewal",
    request: { target: userTarget, by: text(200), reason: text(500) },
    result: pauseResult,
  },
  resume: {
    ...personal,
    help: "resume a paused user's renewal",
    request: { target: userTarget },
    result: pauseResult,
  },
  "put-back": {
    ...personal,
    sendsNode: false,
    help: "put the previous token file back, once a real call has proven it",
    request: { token: hostToken },
    // The digests of the former candidate, null when it was no file, and of the present one.
    result: z.strictObject({ file: text(4096), from: sha256.nullable(), to: sha256 }),
  },
  "diagnose-token": {
    ...rotating,
    changes: false,
    deadlineSeconds: 1200,
    help: "collect evidence about a token by real calls",
    request: { question: tokenQuestion },
    result: tokenEvidence,
  },
  "rotation-state": {
    ...rotating,
    changes: false,
    help: "report how far a rotation is on the token's host",
    request: { token: hostToken, services, environment: environmentFile.optional() },
    result: rotationState,
  },
  "rotation-lock": {
    ...rotating,
    help: "take the rotation lock, or show that a rotation still holds it",
    // `by`: `user@machine`. `takeOver`: take the lock even when another rotation holds it.
    request: {
      token: hostToken,
      owner: object({ id: rotationId, by: z.string().min(1).max(200) }),
      takeOver: z.boolean(),
    },
    // `held` is false when another rotation holds the lock; `mark` is the lock.
    result: z.strictObject({ held: z.boolean(), mark: rotationLock }),
  },
  "rotation-unlock": {
    ...rotating,
    help: "release the rotation lock",
    request: { token: hostToken, id: rotationId },
    // `released` is false when that rotation does not hold the lock.
    result: z.strictObject({ released: z.boolean() }),
  },
  "deliver-token": {
    ...rotating,
    help: "write a new token file, under the rotation lock",
    request: { token: hostToken, id: rotationId, content: text(1024 * 1024).min(2) },
    // The digest of the file, and whether it is new.
    result: z.strictObject({ sha256, changed: z.boolean() }),
  },
  "sync-environment": {
    ...rotating,
    help: "write the token of the file into the environment file, under the rotation lock",
    request: { token: hostToken, id: rotationId, environment: environmentFile },
    // Names of the variables that held something else.
    result: z.strictObject({ changed: z.array(text(200)).max(10) }),
  },
  "run-task": {
    ...rotating,
    deadlineSeconds: 900,
    help: "run the site's own small task",
    request: { command: z.array(text(10_000)).min(1).max(100).readonly() },
    result: taskResult,
  },
} as const satisfies Readonly<Record<string, Action>>;

export type ActionName = keyof typeof ACTIONS;

/** The names of the actions that `By` asks for. */
export type ActionBy<By extends Action["askedBy"]> = {
  [Name in ActionName]: (typeof ACTIONS)[Name]["askedBy"] extends By ? Name : never;
}[ActionName];

/** A request for any action. */
export type HostRequest = {
  [Name in ActionName]: { readonly action: Name } & Readonly<
    z.infer<z.ZodObject<(typeof ACTIONS)[Name]["request"], z.core.$strict>>
  >;
}[ActionName];

/** The request of one action. */
export type RequestOf<Name extends ActionName> = Extract<HostRequest, { readonly action: Name }> & {
  readonly action: Name;
};

/** The result of one action. */
export type ResultOf<Name extends ActionName> = z.infer<(typeof ACTIONS)[Name]["result"]>;

/** Former names of actions. They stand in standard inputs that states keep. */
const FORMER_NAMES: Readonly<Record<string, ActionName>> = {
  "clear-container": "clear",
  "verify-container": "verify",
  "stale-processes": "stale",
  "place-rules": "rules",
};

/** Returns the action of this name or former name; undefined when there is none. */
export function actionNamed(name: unknown): ActionName | undefined {
  if (typeof name !== "string") return undefined;
  if (Object.hasOwn(FORMER_NAMES, name)) return FORMER_NAMES[name];
  return Object.hasOwn(ACTIONS, name) ? (name as ActionName) : undefined;
}

/** Returns the names of the actions that `askedBy` asks for, in the table's order. */
export function actionsBy<By extends Action["askedBy"]>(askedBy: By): readonly ActionBy<By>[] {
  const names = Object.keys(ACTIONS) as ActionName[];
  return names.filter((name): name is ActionBy<By> => ACTIONS[name].askedBy === askedBy);
}

/** Returns the schema of an action's request. */
export function requestSchema<Name extends ActionName>(name: Name): z.ZodType<RequestOf<Name>> {
  const schema = object({ action: z.literal(name), ...ACTIONS[name].request });
  // TypeScript does not follow the table through the name; the type is derived from the same entry.
  return schema as unknown as z.ZodType<RequestOf<Name>>;
}

/** Returns the schema of an action's result. */
export function resultSchema<Name extends ActionName>(name: Name): z.ZodType<ResultOf<Name>> {
  return ACTIONS[name].result as z.ZodType<ResultOf<Name>>;
}

/** Returns the seconds until the operator gives up on this request. */
export function deadlineSeconds(request: HostRequest): number {
  const seconds = ACTIONS[request.action].deadlineSeconds;
  if (request.action === "stale")
    return seconds + request.question.waitSeconds + request.question.gracePeriodSeconds;
  return request.action === "await-login" ? seconds + request.timeoutSeconds : seconds;
}
