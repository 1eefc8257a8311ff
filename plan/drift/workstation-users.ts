/** Describes how the users of a workstation drift from its plan: enrolment, Vault token and units. */
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import type { UserObservation, WorkstationObservation } from "../../contract/workstation.ts";
import { fromHost } from "../../lib/printable.ts";
import { vaultTokenLeft } from "../monitoring/alert-thresholds.ts";
import { nameInVault } from "../vault/names.ts";
import { renamedUsers, toUnenrol } from "../workstation/enrolment.ts";
import { unitState } from "./units.ts";

/** What every drift about the state of a user's Vault token says. An apply for such a drift searches for other tokens. */
export const VAULT_TOKEN = "Vault token";

interface Compared {
  readonly drifts: readonly string[];
  readonly unknown: readonly string[];
}

/** Compares the users of the plan. An apply repairs these drifts. */
export function userDrift(plan: HostPlan, observation: WorkstationObservation): Compared {
  const renewed = plan.users
    .filter(({ renewal }) => renewal)
    .map((user) => named(user, renewedDrift(plan, user, observation)));
  return {
    drifts: [...renewed.flatMap(({ drifts }) => drifts), ...unrenewedDrift(plan, observation)],
    unknown: renewed.flatMap(({ unknown }) => unknown),
  };
}

/** Compares the users whom the roster does not have. An unenrolment repairs these drifts. */
export function unenrolDrift(plan: HostPlan, observation: WorkstationObservation): readonly string[] {
  const known = new Set(plan.users.map(({ name }) => name));
  const gone = toUnenrol(plan, observation).filter((name) => !known.has(name));
  return [
    ...gone.map((name) => `user ${fromHost(name)}: is enrolled here but no longer in the roster`),
    ...observation.strays.map(
      (name) => `user ${fromHost(name)}: has a timer or path unit here but is in no roster`,
    ),
  ];
}

function named({ name }: HostUser, { drifts, unknown }: Compared): Compared {
  const about = (what: string) => `user ${name}: ${what}`;
  return { drifts: drifts.map(about), unknown: unknown.map(about) };
}

function renewedDrift(plan: HostPlan, user: HostUser, observation: WorkstationObservation): Compared {
  const found = observation.users.find(({ name }) => name === user.name);
  if (found === undefined) return { drifts: [], unknown: ["the host did not report it"] };
  const only = (drift: string): Compared => ({ drifts: [drift], unknown: [] });
  if (!found.exists) return only("has no account on the host");
  if (renamedUsers(plan, observation.enrolled).has(nameInVault(user))) {
    return only(`is still enrolled here as ${fromHost(nameInVault(user))}`);
  }
  if (!observation.enrolled.includes(user.name) && found.token.health === "missing") {
    return only("is in the roster but not enrolled here");
  }
  return {
    drifts: [
      ...starterDrift(found),
      ...tokenDrift(found, vaultTokenLeft(plan.vault.tokenPeriodSeconds)),
      ...dropInDrift(found),
    ],
    unknown: [
      ...(found.token.health === "unknown"
        ? [`the state of the Vault token is unknown: ${fromHost(found.token.detail)}`]
        : []),
      ...(found.dropIn === "unknown" ? ["the state of the units' drop-ins is unknown"] : []),
    ],
  };
}

/** Compares what starts the agent. An operator has stopped it for a paused user. */
function starterDrift(user: UserObservation): readonly string[] {
  if (user.paused) return [];
  return [
    ...unitState("timer", user.timerEnabled, user.timerActive),
    ...unitState("path unit", user.pathEnabled, user.pathActive),
    ...unitState("path unit of `claude-auth-sync now`", user.nowEnabled, user.nowActive),
  ];
}

/** Compares the Vault token. The drift does not say how much time is left: that changes between a preview and its `up`. */
function tokenDrift({ token }: UserObservation, enoughSeconds: number): readonly string[] {
  const { health, detail, mode } = token;
  const drifts: string[] = [];
  if (health === "good" && (token.ttlSeconds ?? enoughSeconds) < enoughSeconds) {
    drifts.push(`the Vault token expires within ${enoughSeconds / 86_400} days: no run has renewed it`);
  }
  if (health === "missing") drifts.push("there is no Vault token");
  if (health === "refused") drifts.push("Vault refuses the Vault token");
  if (health === "wrong") drifts.push(`the Vault token is wrong: ${fromHost(detail)}`);
  if (health === "stale") drifts.push(`the Vault token must be replaced: ${fromHost(detail)}`);
  if (mode !== null && mode !== "0600") {
    drifts.push(`the Vault token's file has the mode ${fromHost(mode)} instead of 0600`);
  }
  return drifts;
}

function dropInDrift({ dropIn }: UserObservation): readonly string[] {
  switch (dropIn) {
    case "applied":
      return ["a drop-in of the units is unchanged since the last apply, but the plan has a new version"];
    case "different":
      return ["a drop-in of the units has been edited"];
    case "missing":
      return ["a drop-in of the units is missing"];
    case "same":
    case "unknown":
      return [];
  }
}

/** Compares the users whom the roster has but does not renew. */
function unrenewedDrift(plan: HostPlan, { users, enrolled }: WorkstationObservation): readonly string[] {
  return plan.users
    .filter(({ renewal }) => !renewal)
    .flatMap(({ name }) => {
      if (enrolled.includes(name)) {
        return [`user ${name}: is enrolled here but the roster does not renew this user`];
      }
      const found = users.find((user) => user.name === name);
      return leftParts(found).map((part) => `user ${name}: has ${part} but is not renewed`);
    });
}

function leftParts(user: UserObservation | undefined): readonly string[] {
  if (user === undefined) return [];
  const { health } = user.token;
  return [
    ...(health === "missing" || health === "unknown" ? [] : ["a Vault token"]),
    ...(user.timerEnabled === "enabled" || user.timerActive === "active" ? ["a timer"] : []),
    ...(user.pathEnabled === "enabled" || user.pathActive === "active" ? ["a path unit"] : []),
    ...(user.nowEnabled === "enabled" || user.nowActive === "active"
      ? ["a path unit of `claude-auth-sync now`"]
      : []),
  ];
}
