/** Compares the plan with what hosts and Vault reported: which commands must run, and what is unknown. Pure. */
import type { HostPlan } from "../contract/host-plan.ts";
import type { WorkstationObservation } from "../contract/workstation.ts";
import { fromHost } from "../lib/printable.ts";
import { planEntries } from "../plan/digests.ts";
import { rulesDrift } from "../plan/drift/prometheus-rules.ts";
import { tokenDrift } from "../plan/drift/token-host.ts";
import { unownedTokenDrift } from "../plan/drift/unowned-tokens.ts";
import type { ObservedVault } from "../plan/drift/vault.ts";
import { workstationDrift } from "../plan/drift/workstation.ts";
import type { FleetPlan, TokenPlan, WorkstationPlan } from "../plan/model.ts";
import { metadataPath } from "../plan/vault/names.ts";
import { awaitedUnenrolments } from "../plan/workstation/unenrol-first.ts";
import type { ObservedFleet, ObservedWorkstation } from "./observe.ts";
import { reportedBy } from "./problems.ts";
import type { UnownedSearch } from "./unowned-tokens.ts";

/** The run that a review is made for. */
export interface Run {
  /** Whether it is a preview, which changes nothing. */
  readonly preview: boolean;
  /** RFC 3339. */
  readonly now: string;
}

/** What every part of a review has. Each entry is a clause or a sentence. */
export interface Reviewed {
  readonly drifts: readonly string[];
  /** What could not be found out. */
  readonly unknown: readonly string[];
  /** What a person should know, and no command repairs. */
  readonly warnings: readonly string[];
  /** Drift that becomes an input of the command which repairs it; undefined: the input stays as the state has it. */
  readonly drift: string | undefined;
}

/** A workstation, and which of its two commands must run although the plan is the same. `drift` is that of its apply. */
export interface WorkstationReview extends Reviewed {
  readonly workstation: WorkstationPlan;
  readonly wanted: HostPlan;
  readonly entries: Readonly<Record<string, string>>;
  readonly unenrolDrift: string | undefined;
  /** Names of the workstations that unenrol before this one is applied. */
  readonly after: readonly string[];
  /** By user, whether the first login is awaited; without users about whom the host reported nothing. */
  readonly awaitingLogin: ReadonlyMap<string, boolean>;
}

/** A token, and whether its gate must run although the candidate is the same. */
export interface TokenReview extends Reviewed {
  readonly token: TokenPlan;
  /** Digest of the candidate; undefined when the host did not report it, or has no file. */
  readonly sha256: string | undefined;
  /** Whether the gate will refuse the candidate. */
  readonly refused: boolean;
  /** Drift of containers, by name; a compose driver recreates these. */
  readonly containers: ReadonlyMap<string, string>;
  /** What a rollout would do now, in one sentence. */
  readonly announced: string | undefined;
}

/** The review of the whole fleet. */
export interface FleetReview {
  readonly workstations: readonly WorkstationReview[];
  readonly tokens: readonly TokenReview[];
  /** The monitoring rules, and whether they must be written although they are the same. */
  readonly rules: ReturnType<typeof reviewRules> | undefined;
  /** Unowned tokens in Vault. */
  readonly unowned: Reviewed;
  /** For each user of `purgeBackupsOf`, in its order: whether there are backups to destroy. */
  readonly purges: readonly ReturnType<typeof reviewPurge>[];
}

/** Reviews the fleet. @param inVault what Vault holds; undefined where a rollout goes on without it */
export function reviewFleet(
  plan: FleetPlan,
  observed: ObservedFleet,
  inVault: { readonly seen: ObservedVault; readonly unowned: UnownedSearch } | undefined,
  run: Run,
): FleetReview {
  const after = awaitedUnenrolments(reportedBy(observed.workstations));
  return {
    workstations: observed.workstations.map((one) => ({
      ...reviewWorkstation(one, run),
      after: after.get(one.wanted.host) ?? [],
    })),
    tokens: observed.tokens.map((one) => reviewToken(one, run)),
    rules: observed.rules && reviewRules(observed.rules, run),
    unowned: reviewUnowned(inVault?.unowned),
    purges: plan.renewal.purgeBackupsOf.map((user) => reviewPurge(plan, user, inVault?.seen)),
  };
}

function reviewWorkstation(
  { workstation, wanted, observed }: ObservedWorkstation,
  run: Run,
): Omit<WorkstationReview, "after"> {
  const observation = observed.kind === "seen" ? observed.observation : undefined;
  const found = workstationDrift(wanted, observation ?? "unreachable");
  const unknown =
    observed.kind === "seen" ? found.unknown : [`workstation ${workstation.name}: ${observed.reason}`];
  return {
    workstation,
    wanted,
    entries: planEntries(wanted),
    drift: driftInput(found.apply, unknown, run),
    // What is unknown fails the apply. The unenrolment need not fail for the same reason.
    unenrolDrift: driftInput(found.unenrol, [], run),
    awaitingLogin: awaitingLogin(observation),
    drifts: [...found.unenrol, ...found.apply],
    unknown,
    warnings: found.missing,
  };
}

function awaitingLogin(observation: WorkstationObservation | undefined): ReadonlyMap<string, boolean> {
  const users = observation?.users ?? [];
  return new Map(
    users.flatMap(({ name, awaitingLogin }) =>
      awaitingLogin === null ? [] : [[name, awaitingLogin] as const],
    ),
  );
}

function reviewToken({ token, observed }: ObservedFleet["tokens"][number], run: Run): TokenReview {
  const observation = observed.kind === "seen" ? observed.observation : undefined;
  const found = tokenDrift(token, observation ?? "unreachable");
  const unknown = observed.kind === "seen" ? found.unknown : [`token ${token.name}: ${observed.reason}`];
  return {
    token,
    sha256: observation?.sha256 ?? undefined,
    refused: found.refused.length > 0,
    drift: driftInput(found.gate, unknown, run),
    containers: found.containers,
    announced: found.announced,
    drifts: found.gate,
    unknown,
    warnings: [...found.missing, ...found.refused],
  };
}

function reviewRules({ monitoring, wanted, observed }: NonNullable<ObservedFleet["rules"]>, run: Run) {
  const drifts = observed.kind === "seen" ? rulesDrift(wanted, observed.observation) : [];
  const unknown = observed.kind === "seen" ? [] : [`rules in ${monitoring.directory}: ${observed.reason}`];
  return { monitoring, wanted, drift: driftInput(drifts, unknown, run), drifts, unknown, warnings: [] };
}

/** A search that failed gives an `up` nothing to revoke, so it is no drift. */
function reviewUnowned(search: UnownedSearch | undefined): Reviewed {
  const drifts = search?.tokens.map(unownedTokenDrift) ?? [];
  const unknown = search?.unknown === undefined ? [] : [search.unknown];
  return { drift: joined(drifts), drifts, unknown, warnings: [] };
}

function reviewPurge(plan: FleetPlan, user: string, seen: ObservedVault | undefined) {
  const path = metadataPath(plan.vault, user);
  const found = seen?.metadata.get(path);
  const since = `there are some since ${fromHost(found?.createdAt ?? "")}, and purgeBackupsOf names the user`;
  const drifts = found === undefined ? [] : [`backups of ${user} (${path}): ${since}`];
  return { user, drift: joined(drifts), drifts, unknown: [], warnings: [] };
}

/**
 * Returns the drift that a command repairs. A preview concludes nothing from what is unknown. An `up` runs the command,
 * which then says why it cannot reach the host.
 */
function driftInput(
  drifts: readonly string[],
  unknown: readonly string[],
  { preview, now }: Run,
): string | undefined {
  if (drifts.length > 0 || unknown.length === 0 || preview) return joined(drifts);
  // With the time, because the host may have answered the command of an earlier `up` which had the same input.
  return `${unknown.join("\n")} (${now})`;
}

function joined(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : lines.join("\n");
}
