/** Compares the plan with what hosts and Vault reported: which commands must run, and what is unknown. Pure. */
import type { HostPlan } from "../contract/host-plan.ts";
import type { WorkstationObservation } from "../contract/workstation.ts";
import { fromHost } from "../lib/printable.ts";
import { planEntries } from "../plan/digests.ts";
import { rulesDrift } from "../plan/drift/prometheus-rules.ts";
import { definitionLabels } from "../plan/drift/containers.ts";
import { tokenDrift } from "../plan/drift/token-host.ts";
import { leavingTokenLine, unownedTokenDrift } from "../plan/drift/unowned-tokens.ts";
import { workstationDrift } from "../plan/drift/workstation.ts";
import type { FleetPlan, TokenPlan, WorkstationPlan } from "../plan/model.ts";
import { metadataPath } from "../plan/vault/names.ts";
import type { FleetToken, TokenVerdict } from "../plan/vault/token-owners.ts";
import { awaitedUnenrolments } from "../plan/workstation/unenrol-first.ts";
import type { ObservedFleet, ObservedToken, ObservedWorkstation } from "./observe.ts";
import { conflictsOf, reportedBy, type VaultReport } from "./problems.ts";
import { NO_SURVEY } from "./fleet-tokens.ts";
import { driftInput, joined, refusalInput, type Run } from "./drift-input.ts";

/** An `up` revokes at most so many unowned tokens: Linux takes 128 KiB for the variable that names them. */
const MOST_REVOKED = 1000;

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
  /** Labels with the digests of the containers' definitions, by name; undefined: they stay as the state has them. */
  readonly definitions: ReadonlyMap<string, string> | undefined;
  /** What a rollout would do now, in one sentence. */
  readonly announced: string | undefined;
  /** Why nothing of the token may be declared in this run; undefined when it may. */
  readonly withheld: string | undefined;
}

/** The review of the whole fleet. */
export interface FleetReview {
  readonly workstations: readonly WorkstationReview[];
  readonly tokens: readonly TokenReview[];
  /** The monitoring rules, and whether they must be written although they are the same. */
  readonly rules: ReturnType<typeof reviewRules> | undefined;
  /** Unowned tokens in Vault. */
  readonly unowned: Reviewed;
  /** What concerns several hosts together. */
  readonly conflicts: Reviewed;
  /** For each user of `purgeBackupsOf`, in its order: whether there are backups to destroy. */
  readonly purges: readonly ReturnType<typeof reviewPurge>[];
}

/** Reviews the fleet. @param inVault what Vault holds; undefined where a rollout goes on without it */
export function reviewFleet(
  plan: FleetPlan,
  observed: ObservedFleet,
  inVault: VaultReport | undefined,
  run: Run,
): FleetReview {
  const after = awaitedUnenrolments(reportedBy(observed.workstations), inVault ?? NO_SURVEY);
  return {
    workstations: observed.workstations.map((one) => ({
      ...reviewWorkstation(one, inVault?.verdict, run),
      after: after.get(one.wanted.host) ?? [],
    })),
    tokens: observed.tokens.map((one) => reviewToken(one, run)),
    rules: observed.rules && reviewRules(observed.rules, run),
    unowned: reviewUnowned(inVault, plan.vault),
    conflicts: { ...NOTHING, unknown: conflictsOf(observed, run) },
    purges: plan.renewal.purgeBackupsOf.map((user) => reviewPurge(plan, user, inVault?.seen)),
  };
}

const NOTHING: Reviewed = { drifts: [], unknown: [], warnings: [], drift: undefined };

function reviewWorkstation(
  { workstation, wanted, observed }: ObservedWorkstation,
  verdict: TokenVerdict | undefined,
  run: Run,
): Omit<WorkstationReview, "after"> {
  const observation = observed.kind === "seen" ? observed.observation : undefined;
  const found = workstationDrift(wanted, observation ?? "unreachable");
  const about = (why: string) => `workstation ${workstation.name}: ${why}`;
  const unknown =
    observed.kind === "seen"
      ? [...found.unknown, ...(verdict?.contradicted.get(wanted.host) ?? [])].map(about)
      : [about(observed.reason)];
  // Whatever the host does, its command then revokes the tokens of those who leave.
  const leaving = verdict?.leaving.get(wanted.host);
  const lines = (tokens: readonly FleetToken[] = []) => tokens.map(leavingTokenLine);
  return {
    workstation,
    wanted,
    entries: planEntries(wanted),
    drift:
      observed.kind === "refused"
        ? refusalInput(about(observed.reason), run)
        : driftInput([...lines(leaving?.apply), ...found.apply], unknown, run),
    // What is unknown fails the apply. The unenrolment need not fail for the same reason.
    unenrolDrift: driftInput([...lines(leaving?.unenrol), ...found.unenrol], [], run),
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

function reviewToken({ token, observed }: ObservedToken, run: Run): TokenReview {
  const observation = observed.kind === "seen" ? observed.observation : undefined;
  const found = tokenDrift(token, observation ?? "unreachable");
  const unknown = observed.kind === "seen" ? found.unknown : [`token ${token.name}: ${observed.reason}`];
  return {
    token,
    sha256: observation?.sha256 ?? undefined,
    refused: found.refused.length > 0,
    drift: driftInput(found.gate, unknown, run),
    containers: found.containers,
    definitions: definitionLabels(token, observation),
    announced: found.announced,
    withheld: observed.kind === "refused" ? observed.reason : undefined,
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

/**
 * Reviews the tokens that no enrolled user has. A survey that failed gives an `up` nothing to revoke, so it is no drift.
 * Where the settings leave such tokens alone, they are named.
 */
function reviewUnowned(inVault: VaultReport | undefined, { strayTokens }: FleetPlan["vault"]): Reviewed {
  const { verdict, unknown } = inVault ?? {};
  const lines = (verdict?.unowned ?? []).map(unownedTokenDrift);
  const why = unknown === undefined ? [] : [unknown];
  if (strayTokens === "leave") {
    const kept = "`vault.strayTokens: leave` keeps it; `vault token revoke -accessor` revokes it";
    return { ...NOTHING, warnings: lines.map((line) => `Vault: ${line}; ${kept}`) };
  }
  const drifts = lines.slice(0, MOST_REVOKED);
  const more = lines.length - drifts.length;
  const rest = `unowned tokens: there are ${more} more, which the next \`pulumi up\` revokes`;
  return {
    ...NOTHING,
    drift: drifts.join("\n") || undefined,
    drifts,
    unknown: more > 0 ? [...why, rest] : why,
  };
}

function reviewPurge(plan: FleetPlan, user: string, seen: VaultReport["seen"] | undefined) {
  const path = metadataPath(plan.vault, user);
  const found = seen?.metadata.get(path);
  const since = `there are some since ${fromHost(found?.createdAt ?? "")}, and purgeBackupsOf names the user`;
  const drifts = found === undefined ? [] : [`backups of ${user} (${path}): ${since}`];
  return { user, drift: joined(drifts), drifts, unknown: [], warnings: [] };
}
