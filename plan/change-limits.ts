/** Stops an `up` that would change more users than its operator can have meant. */
import { fromHost } from "../lib/printable.ts";
import type { HostPlan } from "../contract/host-plan.ts";
import { nameInVault } from "./vault/names.ts";
import { plannedUser, type FleetToken, type TokenVerdict } from "./vault/token-owners.ts";

/** What Vault says about who is enrolled. No host can change it by what it reports. */
export interface EnrolledInVault {
  readonly tokens: readonly FleetToken[];
  readonly verdict: Pick<TokenVerdict, "leaving" | "unowned">;
  /** Whether `tokens` are all tokens of the fleet. */
  readonly complete: boolean;
  /** Names of the users' policies that exist. */
  readonly policies: ReadonlySet<string>;
  /** Whether an `up` revokes unowned tokens. */
  readonly revokes: boolean;
}

/** A workstation's plan, and whether the host answered. */
export interface Asked {
  readonly plan: HostPlan;
  readonly answered: boolean;
}

/**
 * Returns what exceeds the change limits, one sentence each with its remedy. Empty: nothing does.
 *
 * An emptied roster is refused whatever the limit is, because a wrong file or a failed merge looks like that. The first
 * apply of a host counts no enrolments, because no user of that host can lose anything.
 */
export function changeLimitProblems(
  workstations: readonly Asked[],
  vault: EnrolledInVault,
  maxChangesPerUp: number,
): readonly string[] {
  const unenrol = unenrolments(workstations, vault);
  const emptied = emptiedRoster(workstations, vault, unenrol);
  if (emptied !== undefined) {
    return [`${emptied} Restore the roster; to remove the whole fleet, run \`pulumi destroy\`.`];
  }
  return tooManyChanges({ enrol: enrolments(workstations, vault), unenrol }, maxChangesPerUp);
}

/** Returns the users whose tokens an `up` takes away because the plan no longer has them on their host. */
function unenrolments(
  workstations: readonly Asked[],
  { verdict, revokes }: EnrolledInVault,
): readonly string[] {
  const plans = new Map(workstations.map(({ plan }) => [plan.host, plan]));
  const swept = verdict.unowned.filter((token) => {
    const plan = plans.get(token.host ?? "");
    return plan !== undefined && plannedUser(token, plan) === undefined;
  });
  const leaving = [...verdict.leaving.values()].flatMap(({ unenrol, apply }) => [...unenrol, ...apply]);
  const pairs = new Map(
    [...leaving, ...(revokes ? swept : [])].map(({ user = "", host = "" }) => [`${host}/${user}`, user]),
  );
  return [...pairs.values()].toSorted();
}

/**
 * Returns the renewed users without a token on their host, where that is the roster's doing: users who are new to the
 * fleet, and users whose token is another host's. A host that loses tokens of its own users does not make them new.
 */
function enrolments(
  workstations: readonly Asked[],
  { tokens, policies }: EnrolledInVault,
): readonly string[] {
  const places = new Set(tokens.map(({ user = "", host = "" }) => `${host}/${user}`));
  const enrolled = new Set(tokens.map(({ user }) => user));
  const hosts = new Set(tokens.map(({ host }) => host));
  return workstations.flatMap(({ plan }) =>
    plan.users
      .filter((user) => {
        const name = nameInVault(user);
        if (!user.renewal || !hosts.has(plan.host) || places.has(`${plan.host}/${name}`)) return false;
        return enrolled.has(name) || !policies.has(user.policy);
      })
      .map(({ name }) => name),
  );
}

function emptiedRoster(
  workstations: readonly Asked[],
  { complete }: EnrolledInVault,
  unenrol: readonly string[],
): string | undefined {
  if (workstations.some(({ plan }) => plan.users.length > 0)) return undefined;
  if (unenrol.length > 0) {
    return `The roster names no user, but ${count(unenrol.length, "user")} (${names(unenrol)}) are enrolled.`;
  }
  const silent = workstations.filter(({ answered }) => !answered).map(({ plan }) => plan.host);
  if (complete || silent.length === 0) return undefined;
  return `The roster names no user, and the enrolled users of ${names(silent)} are unknown.`;
}

/**
 * Returns one sentence with its remedy where these are more changes than allowed, or nothing. The program counts over all
 * hosts by what Vault says. Each host counts again for itself, by its ledger.
 */
export function tooManyChanges(
  { enrol, unenrol }: { readonly enrol: readonly string[]; readonly unenrol: readonly string[] },
  maxChangesPerUp: number,
): readonly string[] {
  const changes = enrol.length + unenrol.length;
  if (changes <= maxChangesPerUp) return [];
  const part = (verb: string, users: readonly string[]) =>
    users.length === 0 ? [] : [`${verb} ${count(users.length, "user")} (${names(users)})`];
  const parts = [...part("enrol", enrol), ...part("unenrol", unenrol)];
  return [
    `This would ${parts.join(" and ")}. That is more than the ${maxChangesPerUp} changes that ` +
      `claude-fleet:renewal.maxChangesPerUp allows at once. If it is meant, raise that setting to ${changes}; if not, restore the roster.`,
  ];
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

/** Returns the first names of a list, as a sentence has them. */
export function names(list: readonly string[]): string {
  const shown = list.slice(0, 5).map(fromHost).join(", ");
  return list.length > 5 ? `${shown}, …` : shown;
}
