/**
 * Decides who owns each living token of the fleet. Vault's metadata decides, and the plan says who may have a token. A
 * host only says which of its own users' tokens it uses.
 */
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import type { UserObservation, WorkstationObservation } from "../../contract/workstation.ts";
import { compareText } from "../../lib/order.ts";
import { fromHost } from "../../lib/printable.ts";
import { toUnenrol } from "../workstation/enrolment.ts";
import { nameInVault } from "./names.ts";

/** A living token of the fleet's role, as Vault describes it. */
export interface FleetToken {
  readonly accessor: string;
  /** The user and the host of its metadata. Undefined: the metadata names none. */
  readonly user: string | undefined;
  readonly host: string | undefined;
  /** In what it differs from what the fleet mints for this user and host, as a clause; undefined: in nothing. */
  readonly flaw?: string | undefined;
}

/** A workstation's plan, and what it reports about its users. Undefined: it did not answer. */
export interface ReportedUsers {
  readonly plan: HostPlan;
  readonly observation: Pick<WorkstationObservation, "enrolled" | "users"> | undefined;
}

/** The tokens that must go, and what hosts report that Vault contradicts. */
export interface TokenVerdict {
  /** Tokens that the plan gives to no user, or that their host does not use. Sorted by accessor. */
  readonly unowned: readonly FleetToken[];
  /** By host, the tokens of users whom its unenrolment, or its apply, takes off the host. */
  readonly leaving: ReadonlyMap<
    string,
    { readonly unenrol: readonly FleetToken[]; readonly apply: readonly FleetToken[] }
  >;
  /** By host, one clause for each user whose reported token is not that user's. */
  readonly contradicted: ReadonlyMap<string, readonly string[]>;
}

type Place =
  { readonly kind: "owned" | "unowned" } | { readonly kind: "unenrol" | "apply"; readonly host: string };

/** Returns the place of each token, and the reports that Vault contradicts. */
export function judgeTokens(
  tokens: readonly FleetToken[],
  workstations: readonly ReportedUsers[],
): TokenVerdict {
  const hosts = new Map(workstations.map((one) => [one.plan.host, one]));
  const places = tokens
    .toSorted((a, b) => compareText(a.accessor, b.accessor))
    .map((token) => ({ token, place: placeOf(token, tokens, hosts.get(token.host ?? "")) }));
  const at = (kind: Place["kind"], host?: string) =>
    places
      .filter(({ place }) => place.kind === kind && (!("host" in place) || place.host === host))
      .map(({ token }) => token);
  return {
    unowned: at("unowned"),
    leaving: new Map(
      [...hosts.keys()].map((host) => [host, { unenrol: at("unenrol", host), apply: at("apply", host) }]),
    ),
    contradicted: new Map(workstations.map((one) => [one.plan.host, contradictions(tokens, one)])),
  };
}

function placeOf(token: FleetToken, tokens: readonly FleetToken[], at: ReportedUsers | undefined): Place {
  if (at === undefined) return { kind: "unowned" };
  const user = plannedUser(token, at.plan);
  const { host } = at.plan;
  if (user === undefined) {
    const action = at.observation && leavesBy(token, at.plan, at.observation);
    return action === undefined ? { kind: "unowned" } : { kind: action, host };
  }
  const reported = at.observation?.users.find(({ name }) => name === user.name);
  // What a host does not report is unknown, and so is who uses the token.
  if (reported === undefined) return { kind: "owned" };
  return { kind: isUsed(token, tokens, reported) ? "owned" : "unowned" };
}

/** Returns the renewed user of the plan whose token it is; undefined when the plan has no such user on that host. */
export function plannedUser(token: FleetToken, plan: Pick<HostPlan, "host" | "users">): HostUser | undefined {
  if (token.host !== plan.host) return undefined;
  return plan.users.find((user) => user.renewal && nameInVault(user) === token.user);
}

/**
 * Returns the users whom a host reports as enrolled, whom its plan does not renew, and of whom Vault has no token there.
 * Each token confirms one user.
 */
export function unconfirmedUsers(
  { plan, observation }: ReportedUsers,
  tokens: readonly FleetToken[],
): readonly string[] {
  if (observation === undefined) return [];
  const left = new Map(
    tokens
      .filter((token) => token.host === plan.host && plannedUser(token, plan) === undefined)
      .map((token) => [token.accessor, token.user]),
  );
  const reported = new Map(observation.users.map((user) => [user.name, user]));
  return toUnenrol(plan, observation).filter((name) => {
    const found =
      [...left].find(([, user]) => user === name)?.[0] ??
      reported.get(name)?.accessors.find((accessor) => left.has(accessor));
    return found === undefined || !left.delete(found);
  });
}

/** Returns the action that takes the token's user off the host; undefined when the host does not say that it has the token. */
function leavesBy(
  { accessor }: FleetToken,
  plan: HostPlan,
  observation: NonNullable<ReportedUsers["observation"]>,
): "unenrol" | "apply" | undefined {
  const leaving = new Set(toUnenrol(plan, observation));
  const user = observation.users.find((one) => leaving.has(one.name) && claimed(one).includes(accessor));
  if (user === undefined) return undefined;
  return plan.users.some(({ name }) => name === user.name) ? "apply" : "unenrol";
}

/** Returns whether the host uses the token, or may be using it while the state of its user's home is not good. */
function isUsed(token: FleetToken, tokens: readonly FleetToken[], user: UserObservation): boolean {
  if (user.token.health === "good") return token.accessor === user.token.accessor && token.flaw === undefined;
  if (claimed(user).includes(token.accessor)) return true;
  const unreadable = user.token.health === "unknown";
  return (
    unreadable &&
    !tokens.some(
      ({ accessor, user: owner, host }) =>
        owner === token.user && host === token.host && claimed(user).includes(accessor),
    )
  );
}

/** Returns the accessors that a host reports for a user. */
function claimed({ accessors, token }: UserObservation): readonly string[] {
  return token.accessor === null ? accessors : [...accessors, token.accessor];
}

/** Names the users whose token the host calls good, and Vault does not call theirs. */
function contradictions(
  tokens: readonly FleetToken[],
  { plan, observation }: ReportedUsers,
): readonly string[] {
  return plan.users.flatMap((user) => {
    const reported = observation?.users.find(({ name }) => name === user.name);
    if (!user.renewal || reported?.token.health !== "good") return [];
    const accessor = reported.token.accessor ?? "none";
    const found = tokens.find((token) => token.accessor === accessor);
    const why = whyNotTheirs(user, plan, found);
    if (why === undefined) return [];
    return [
      `user ${user.name}: the host reports the Vault token with the accessor ${fromHost(accessor)} as good, but Vault says that ${why}`,
    ];
  });
}

/** Returns why a reported token is not this user's on this host, as a clause; undefined when it is. @param found undefined: Vault has no such token of the fleet */
export function whyNotTheirs(
  user: HostUser,
  plan: HostPlan,
  found: FleetToken | undefined,
): string | undefined {
  if (found === undefined) return "no such token of this fleet lives";
  if (plannedUser(found, plan)?.name === user.name) return found.flaw;
  return `it belongs to ${fromHost(found.user ?? "no user")} on ${fromHost(found.host ?? "no host")}`;
}
