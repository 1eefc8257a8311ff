/** Observes every host, compares it with the plan, and says which commands must run and what nobody knows. */
import * as pulumi from "@pulumi/pulumi";
import type { ProgramDigest } from "../lib/program-digest.ts";
import type { Drift } from "../components/host-command.ts";
import { type WorkstationObservation } from "../contract/workstation.ts";
import type { TokenFileObservation } from "../contract/token-file.ts";
import type { RulesPlan } from "../contract/monitoring-rules.ts";
import { planEntries } from "../plan/digests.ts";
import { workstationDrift } from "../plan/drift/workstation.ts";
import { hostPlan } from "../plan/workstation/host-plan.ts";
import { changeLimitProblems } from "../plan/change-limits.ts";
import type { FleetPlan, MonitoringPlan, TokenPlan, WorkstationPlan } from "../plan/model.ts";
import { awaitedUnenrolments } from "../plan/workstation/unenrol-first.ts";
import { hostConflicts, otherNames, sameMachines } from "../plan/workstation/conflicts.ts";
import { rulesDrift, rulesPlan } from "../plan/drift/prometheus-rules.ts";
import { composeProblems, engineProblems, otherConsumers, tokenDrift } from "../plan/drift/token-host.ts";
import { observe, type Observed } from "./observe.ts";
import type { VaultRead } from "./read-vault.ts";
import { connectionOf } from "../plan/requests/connection.ts";
import { observeTokenRequest } from "../plan/requests/token.ts";
import { reviewPurge, reviewStrays, type PurgeReview, type StraysReview } from "./review-vault.ts";
import { driftOf, warn, type Reviewed } from "./reviewed.ts";
import type { HostPlan } from "../contract/host-plan.ts";

/** A workstation, what it shall be, and which of its two commands must run beyond what the plan changes. */
export interface WorkstationReview extends Reviewed {
  readonly workstation: WorkstationPlan;
  readonly wanted: HostPlan;
  readonly entries: Readonly<Record<string, string>>;
  readonly drift: Drift;
  readonly retirement: Drift;
  /** Workstations, by name, whose retirement comes before the apply here. */
  readonly after: readonly string[];
  /** By user, whether a first login is awaited; without those of whom the host did not say it. */
  readonly awaitingLogin: ReadonlyMap<string, boolean>;
}

/** A token, the candidate that its host has, and whether the gate must run though the candidate is the same. */
export interface TokenReview extends Reviewed {
  readonly token: TokenPlan;
  /** Undefined when the host did not say, or has no file. */
  readonly sha256: string | undefined;
  /** Whether the candidate is no token file, or one that nobody may read, so that the gate will refuse it. */
  readonly refused: boolean;
  readonly drift: Drift;
  /** The same for each container that a compose file makes: whether it must be made anew though the token is the same. */
  readonly containers: ReadonlyMap<string, Drift>;
}

/** The rules, and whether they must be placed though they are the same. */
export interface RulesReview extends Reviewed {
  readonly monitoring: MonitoringPlan;
  readonly wanted: RulesPlan;
  readonly drift: Drift;
}

export interface FleetReview {
  readonly workstations: readonly WorkstationReview[];
  readonly tokens: readonly TokenReview[];
  readonly rules: RulesReview | undefined;
  readonly strays: StraysReview;
  /** One a user of `purgeBackupsOf`, in its order. */
  readonly purges: readonly PurgeReview[];
}

/**
 * Reviews all hosts at once. What nobody knows fails that host's command in an `up`, and nothing else.
 * @throws RunError when the changes are more than the settings allow, two workstations are one machine, a machine or a
 *   container has another name than it was made by, another fleet has what this one wants (in a preview), a compose file has
 *   no such service, or an engine on this machine does not answer
 */
export async function reviewFleet(
  plan: FleetPlan,
  program: ProgramDigest,
  inVault: VaultRead | undefined,
): Promise<FleetReview> {
  const [workstations, tokens, rules] = await Promise.all([
    Promise.all(plan.workstations.map((workstation) => observeWorkstation(plan, workstation, program))),
    Promise.all(plan.tokens.map((token) => observeToken(plan, token))),
    reviewRules(plan),
  ]);
  const answers = workstations.map(({ wanted, seen }) => ({
    wanted,
    observation: seen.kind === "seen" ? seen.observation : undefined,
  }));
  const shared = answers.map(({ wanted, observation }) => ({ plan: wanted, observation }));
  const problems = [
    ...changeLimitProblems(shared, plan.renewal.maxChangesPerUp),
    ...tokens.flatMap(({ token, seen }) =>
      seen.kind === "seen"
        ? [
            ...composeProblems(token, seen.observation),
            ...engineProblems(token, seen.observation),
            ...otherConsumers(token, seen.observation),
          ]
        : [],
    ),
    ...sameMachines(shared),
    ...otherNames(shared),
    // An up fails on that host alone, by the host's own words, and goes on elsewhere.
    ...(pulumi.runtime.isDryRun() ? hostConflicts(shared) : []),
  ];
  if (problems.length > 0) throw new pulumi.RunError(`nothing was changed: ${problems.join(" ")}`);
  const after = awaitedUnenrolments(shared);
  return {
    workstations: workstations.map((observed) => ({
      ...reviewWorkstation(observed),
      after: after.get(observed.wanted.host) ?? [],
    })),
    tokens: tokens.map(reviewToken),
    rules,
    strays: await reviewStrays(plan, inVault, answers),
    purges: plan.renewal.purgeBackupsOf.map((user) => reviewPurge(plan, user, inVault)),
  };
}

/**
 * Fails a preview that does not know everything, once all that it does know is declared and therefore shown: its exit
 * code must not say that nothing differs, nor that nothing else does.
 */
export function failOnUnknown({ workstations, tokens, rules, strays }: FleetReview): void {
  const all: readonly Reviewed[] = [
    ...workstations,
    ...tokens,
    ...(rules === undefined ? [] : [rules]),
    strays,
  ];
  const unknown = all.flatMap((reviewed) => reviewed.unknown);
  if (unknown.length === 0 || !pulumi.runtime.isDryRun()) return;
  const lines = unknown.map((line) => `unknown: ${line}`).join("\n");
  throw new pulumi.RunError(
    `${lines}\nNothing about that is in this preview. To apply everything else all the same: \`pulumi up --skip-preview --continue-on-error\``,
  );
}

interface ObservedWorkstation {
  readonly workstation: WorkstationPlan;
  readonly wanted: HostPlan;
  readonly seen: Observed<WorkstationObservation>;
}

async function observeWorkstation(
  plan: FleetPlan,
  workstation: WorkstationPlan,
  program: ProgramDigest,
): Promise<ObservedWorkstation> {
  const wanted = hostPlan(plan, workstation, program);
  const seen = await observe(connectionOf(plan, workstation), {
    action: "observe-workstation",
    plan: wanted,
  });
  return { workstation, wanted, seen };
}

function reviewWorkstation({
  workstation,
  wanted,
  seen,
}: ObservedWorkstation): Omit<WorkstationReview, "after"> {
  const found = workstationDrift(wanted, seen.kind === "seen" ? seen.observation : "unreachable");
  const unknown = seen.kind === "seen" ? found.unknown : [`workstation ${workstation.name}: ${seen.reason}`];
  for (const line of found.missing) warn(line);
  return {
    workstation,
    wanted,
    entries: planEntries(wanted),
    drift: driftOf(found.apply, unknown),
    // What is unknown fails the apply; failing twice would only say it twice.
    retirement: driftOf(found.unenrol, []),
    awaitingLogin: new Map(
      (seen.kind === "seen" ? seen.observation.users : []).flatMap(({ name, awaitingLogin }) =>
        awaitingLogin === null ? [] : [[name, awaitingLogin] as const],
      ),
    ),
    differences: [...found.unenrol, ...found.apply],
    unknown,
  };
}

interface ObservedToken {
  readonly token: TokenPlan;
  readonly seen: Observed<TokenFileObservation>;
}

async function observeToken(plan: FleetPlan, token: TokenPlan): Promise<ObservedToken> {
  const seen = await observe(connectionOf(plan, token), observeTokenRequest(plan, token));
  return { token, seen };
}

function reviewToken({ token, seen }: ObservedToken): TokenReview {
  const found = tokenDrift(token, seen.kind === "seen" ? seen.observation : "unreachable");
  const unknown = seen.kind === "seen" ? found.unknown : [`token ${token.name}: ${seen.reason}`];
  for (const line of [...found.missing, ...found.refused]) warn(line);
  if (found.announced !== undefined) void pulumi.log.info(found.announced);
  const sha256 = seen.kind === "seen" ? (seen.observation.sha256 ?? undefined) : undefined;
  return {
    token,
    sha256,
    refused: found.refused.length > 0,
    drift: driftOf(found.gate, unknown),
    containers: new Map(
      [...found.containers].map(([container, note]) => [container, { kind: "differs", note } as const]),
    ),
    differences: found.gate,
    unknown,
  };
}

async function reviewRules(plan: FleetPlan): Promise<RulesReview | undefined> {
  const { monitoring } = plan;
  if (monitoring === undefined) return undefined;
  const wanted = rulesPlan(plan, monitoring);
  const seen = await observe(connectionOf(plan, monitoring), { action: "observe-rules", rules: wanted });
  const notes = seen.kind === "seen" ? rulesDrift(wanted, seen.observation) : [];
  const unknown = seen.kind === "seen" ? [] : [`rules in ${monitoring.directory}: ${seen.reason}`];
  return { monitoring, wanted, drift: driftOf(notes, unknown), differences: notes, unknown };
}
