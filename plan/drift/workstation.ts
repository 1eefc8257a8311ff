/** Says in words where a workstation differs from its plan, and what is not known about it. */
import type { UserObservation, WorkstationObservation } from "../../contract/workstation.ts";
import { planDigest, sha256, short } from "../digests.ts";
import { renamedUsers, toUnenrol } from "../workstation/enrolment.ts";
import { vaultTokenLeft } from "../monitoring/alert-thresholds.ts";
import { withCounter } from "./apply-counter.ts";
import { outsideNetworks } from "../vault/bound-networks.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { nameInVault } from "../vault/names.ts";
import { fromHost } from "../../lib/printable.ts";

/** What a review of one workstation found; each entry is a sentence without a full stop, or a note. */
export interface WorkstationDrift {
  /** Notes of what `apply` repairs: `<thing>: <what differs> (apply N)`. */
  readonly apply: readonly string[];
  /** Notes of what `retire` repairs. */
  readonly unenrol: readonly string[];
  /** What could not be found out; a review with such entries has not found the host in order. */
  readonly unknown: readonly string[];
  /** What the host lacks, which no `up` repairs. */
  readonly missing: readonly string[];
}

/** Compares. */
export function workstationDrift(
  plan: HostPlan,
  observation: WorkstationObservation | "unreachable",
): WorkstationDrift {
  if (observation === "unreachable") {
    return { apply: [], unenrol: [], missing: [], unknown: [`workstation ${plan.host}: it does not answer`] };
  }
  const unknown: string[] = [];
  const noted = (line: string) => withCounter(line, "apply", observation);
  const renewed = plan.users.filter(({ renewal }) => renewal);
  const apply =
    observation.generation === 0
      ? [
          `workstation ${plan.host}: nothing has been applied here${ownNode(observation)}`,
          ...takenOver(plan, observation),
        ]
      : [
          ...recordDrift(plan, observation),
          ...programDrift(plan, observation),
          ...fileDrift(plan, observation, unknown),
          ...hostUnitDrift(observation),
          ...renewed.flatMap((user) => userDrift(plan, user, observation, unknown)),
          ...unrenewedDrift(plan, observation),
        ];
  return {
    apply: apply.map(noted),
    unenrol: retirementDrift(plan, observation).map(noted),
    unknown,
    missing: [...observation.missing.map(fromHost), ...outsideNetworks(plan, observation)].map(
      (sentence) => `workstation ${plan.host}: ${sentence}`,
    ),
  };
}

/** What lies where a first apply will write. */
function takenOver(plan: HostPlan, { files }: WorkstationObservation): string[] {
  const end = plan.renewal.adopt
    ? "is taken over"
    : "keeps the apply from beginning until `adopt: true` is set";
  return files
    .filter(({ foreign }) => foreign)
    .map(({ path }) => `file ${fromHost(path)}: is not claude-fleet's, and ${end}`);
}

/** The agents read the record, and the host undoes changes by it: it is the one thing that the host cannot judge itself. */
function recordDrift(plan: HostPlan, { plan: recorded }: WorkstationObservation): string[] {
  if (recorded === null) return ["record: the applied plan is missing or damaged"];
  return recorded === planDigest(plan) ? [] : ["record: is of another plan than this one"];
}

/** What an apply does about a host without Node, as the end of a sentence. */
function ownNode({ node }: WorkstationObservation): string {
  return node === "own" ? "; there is no Node 20 or newer, so the program comes with its own" : "";
}

function programDrift(plan: HostPlan, observation: WorkstationObservation): string[] {
  const { program } = observation;
  if (program === null) return [`program: is missing or altered${ownNode(observation)}`];
  if (program.sha256 === plan.program.sha256) return [];
  const found = `${fromHost(program.version)} ${short(program.sha256)}`;
  return [`program: is ${found} instead of ${plan.program.version} ${short(plan.program.sha256)}`];
}

function fileDrift(plan: HostPlan, observation: WorkstationObservation, unknown: string[]): string[] {
  const seen = new Map(observation.files.map((file) => [file.path, file]));
  return plan.files.flatMap((file) => {
    const found = seen.get(file.path);
    const thing = `file ${file.path}`;
    if (found === undefined) {
      unknown.push(`${thing}: workstation ${plan.host} has not said anything about it`);
      return [];
    }
    if (found.sha256 === null) return [`${thing}: is missing`];
    const lines: string[] = [];
    if (found.sha256 !== sha256(file.content))
      lines.push(
        found.applied
          ? `${thing}: is as the last apply has left it, and is to become another`
          : `${thing}: has been edited, is ${short(found.sha256)}`,
      );
    if (found.mode !== null && found.mode !== file.mode) {
      lines.push(`${thing}: has the mode ${fromHost(found.mode)} instead of ${file.mode}`);
    }
    return lines;
  });
}

function userDrift(
  plan: HostPlan,
  user: HostUser,
  observation: WorkstationObservation,
  unknown: string[],
): string[] {
  const thing = `user ${user.name}`;
  const found = observation.users.find(({ name }) => name === user.name);
  if (found === undefined) {
    unknown.push(`${thing}: the host has not said anything about it`);
    return [];
  }
  if (!found.exists) return [`${thing}: has no account on the host`];
  if (renamedUsers(plan, observation.enrolled).has(nameInVault(user))) {
    return [`${thing}: is still renewed here as ${fromHost(nameInVault(user))}`];
  }
  if (!observation.enrolled.includes(user.name) && found.token.health === "missing") {
    return [`${thing}: is in the roster, and not renewed here yet`];
  }
  const lines = [...starterDrift(found), ...tokenDrift(found, vaultTokenLeft(plan.vault.tokenPeriodSeconds))];
  if (found.token.health === "unknown") {
    unknown.push(`${thing}: the Vault token could not be judged: ${fromHost(found.token.detail)}`);
  }
  if (found.dropIn === "applied")
    lines.push("a drop-in of the units is as the last apply has left it, and is to become another");
  if (found.dropIn === "different") lines.push("a drop-in of the units has been edited");
  if (found.dropIn === "missing") lines.push("a drop-in of the units is missing");
  if (found.dropIn === "unknown") unknown.push(`${thing}: the units' drop-ins could not be judged`);
  return lines.map((line) => `${thing}: ${line}`);
}

/** A paused user's timer and path unit are off because an operator wants it so. */
function starterDrift(user: UserObservation): string[] {
  if (user.paused) return [];
  return [
    ...stateDrift("timer", user.timerEnabled, user.timerActive),
    ...stateDrift("path unit", user.pathEnabled, user.pathActive),
  ];
}

function hostUnitDrift({ units }: WorkstationObservation): string[] {
  return units.flatMap(({ name, enabled, active }) =>
    stateDrift("unit", enabled, active).map((line) => `unit ${fromHost(name)}: ${line}`),
  );
}

/** How a unit that shall be enabled and running differs from that; nothing when it does not. */
function stateDrift(unit: string, enabled: string | null, active: string | null): string[] {
  if (enabled === null) return [`there is no ${unit}`];
  if (enabled !== "enabled") return [`the ${unit} is ${fromHost(enabled)} instead of enabled`];
  return active === "active" ? [] : [`the ${unit} is ${fromHost(active ?? "unknown")} instead of active`];
}

/** How much is left changes between a preview and its `up`, so the note says what it is compared with. */
function tokenDrift({ token }: UserObservation, enoughSeconds: number): string[] {
  const lines: string[] = [];
  if (token.health === "good" && (token.ttlSeconds ?? enoughSeconds) < enoughSeconds) {
    lines.push(`the Vault token ends within ${enoughSeconds / 86_400} days: nobody has renewed it`);
  }
  if (token.health === "missing") lines.push("there is no Vault token");
  if (token.health === "refused") lines.push("Vault refuses the Vault token");
  if (token.health === "wrong") lines.push(`the Vault token is a wrong one: ${fromHost(token.detail)}`);
  if (token.health === "stale")
    lines.push(`the Vault token is to be replaced by a new one: ${fromHost(token.detail)}`);
  if (token.mode !== null && token.mode !== "0600") {
    lines.push(`the Vault token's file has the mode ${fromHost(token.mode)} instead of 0600`);
  }
  return lines;
}

/** Users whom the roster does not have. */
function retirementDrift(plan: HostPlan, observation: WorkstationObservation): string[] {
  const known = new Set(plan.users.map(({ name }) => name));
  const gone = toUnenrol(plan, observation).filter((name) => !known.has(name));
  return [
    ...gone.map((name) => `user ${fromHost(name)}: is renewed here, though no longer in the roster`),
    ...observation.strays.map(
      (name) => `user ${fromHost(name)}: has a timer or path unit here, and is in no roster`,
    ),
  ];
}

/** Users whom the roster has, and does not renew. */
function unrenewedDrift(plan: HostPlan, { users, enrolled }: WorkstationObservation): string[] {
  return plan.users
    .filter(({ renewal }) => !renewal)
    .flatMap(({ name }) => {
      const thing = `user ${name}`;
      if (enrolled.includes(name)) return [`${thing}: is renewed here, though the roster says not`];
      const found = users.find((user) => user.name === name);
      if (found === undefined) return [];
      const { health } = found.token;
      const lines = health === "missing" || health === "unknown" ? [] : ["a Vault token"];
      if (found.timerEnabled === "enabled" || found.timerActive === "active") lines.push("a timer");
      if (found.pathEnabled === "enabled" || found.pathActive === "active") lines.push("a path unit");
      return lines.map((what) => `${thing}: has ${what}, though not renewed`);
    });
}
