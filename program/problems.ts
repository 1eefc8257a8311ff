/** Says why nothing may be declared, and which hosts report what cannot be: one sentence for each problem. Pure. */
import { changeLimitProblems, names } from "../plan/change-limits.ts";
import { composeProblems, engineProblems, otherConsumers } from "../plan/drift/token-host.ts";
import type { ObservedVault } from "../plan/drift/vault.ts";
import type { FleetPlan } from "../plan/model.ts";
import { foreignNames } from "../plan/vault/ownership.ts";
import { judgeTokens, unconfirmedUsers, type TokenVerdict } from "../plan/vault/token-owners.ts";
import { hostConflicts, isRenamed, otherName, sameMachines } from "../plan/workstation/conflicts.ts";
import type { TokenSurvey } from "./fleet-tokens.ts";
import type { ObservedFleet, ObservedToken, ObservedWorkstation } from "./observe.ts";

/** What Vault says: its names, the fleet's tokens, and whose they are. Undefined where a rollout goes on without Vault. */
export interface VaultReport extends Pick<TokenSurvey, "tokens" | "complete" | "unknown"> {
  readonly seen: ObservedVault;
  readonly verdict: TokenVerdict;
}

/** Judges the tokens of a survey by the plan and by what the hosts report. */
export function vaultReport(
  seen: ObservedVault,
  { tokens, complete, judged, unknown }: TokenSurvey,
  observed: ObservedFleet,
): VaultReport {
  const verdict = judgeTokens(tokens, reportedBy(observed.workstations));
  return {
    seen,
    tokens,
    complete,
    unknown,
    verdict: judged ? verdict : { ...verdict, contradicted: new Map() },
  };
}

/** Returns why the fleet's names in Vault are not this stack's to use; empty when they are free, its own, or adopted. */
export function ownershipProblems(
  { vault, renewal }: FleetPlan,
  owner: string,
  { role, policies }: ObservedVault,
): readonly string[] {
  const foreign = foreignNames(vault.role, owner, { roleSuffix: role?.pathSuffix, policies });
  if (foreign.length === 0 || renewal.adopt) return [];
  return [
    `in Vault at ${vault.address} ${foreign.join("; ")}. Choose another \`claude-fleet:fleet\`, or set \`renewal.adopt: true\` to take it over.`,
  ];
}

/** Returns why nothing may begin. Only the roster, the settings, Vault and this machine can say so; no host can. */
export function fleetProblems(
  plan: FleetPlan,
  observed: ObservedFleet,
  vault: VaultReport | undefined,
): readonly string[] {
  const asked = observed.workstations.map(({ wanted, observed: { kind } }) => ({
    plan: wanted,
    answered: kind === "seen",
  }));
  const renamed = reportedBy(observed.workstations).flatMap((one) =>
    vault !== undefined && isRenamed(one, asked, vault.tokens)
      ? otherName(one.plan, one.observation?.recordedAs ?? null)
      : [],
  );
  const stops = [
    ...(vault === undefined
      ? []
      : changeLimitProblems(
          asked,
          {
            ...vault,
            policies: new Set(vault.seen.policies.keys()),
            revokes: plan.vault.strayTokens === "look",
          },
          plan.renewal.maxChangesPerUp,
        )),
    ...observed.tokens.flatMap(({ token, observed }) =>
      observed.kind === "seen" ? engineProblems(token, observed.observation) : [],
    ),
    ...renamed,
  ];
  // A run that stops anyway names at once what else would fail.
  return stops.length === 0 ? [] : [...stops, ...observed.tokens.flatMap(tokenRefusals)];
}

/** Returns why nothing of a token may be declared, by what its host reports about its containers. */
function tokenRefusals({ token, observed }: ObservedToken): readonly string[] {
  if (observed.kind !== "seen") return [];
  return [composeProblems, otherConsumers].flatMap((problems) => problems(token, observed.observation));
}

/**
 * Returns the fleet without the reports that cannot be true. Such a host is unknown; its own command fails, and nothing
 * else changes because of it.
 */
export function believable(
  plan: FleetPlan,
  observed: ObservedFleet,
  { tokens }: Pick<TokenSurvey, "tokens">,
): ObservedFleet {
  return {
    ...observed,
    workstations: observed.workstations.map((one) => {
      const [reason] = one.observed.kind === "seen" ? refusals(plan, one, tokens) : [];
      return reason === undefined ? one : { ...one, observed: { kind: "refused", reason } as const };
    }),
    tokens: observed.tokens.map((one) => {
      const problems = tokenRefusals(one);
      return problems.length === 0
        ? one
        : { ...one, observed: { kind: "refused", reason: problems.join(" ") } as const };
    }),
  };
}

function refusals(
  { fleet, renewal }: FleetPlan,
  { wanted, observed }: ObservedWorkstation,
  tokens: TokenSurvey["tokens"],
): readonly string[] {
  if (observed.kind !== "seen") return [];
  const { observation } = observed;
  const unknown = unconfirmedUsers({ plan: wanted, observation }, tokens);
  const crowd = `it reports ${unknown.length} enrolled users (${names(unknown)}) whom neither the roster nor Vault has there, so nothing that it reports is used. Compare /etc/claude-fleet/${fleet}/enrolled.json on ${wanted.host} with the roster, and remove the users that you do not know from that file. If you cannot explain them, treat the host as compromised: see docs/threat-model.md`;
  return [
    ...otherName(wanted, observation.recordedAs).map((sentence) => sentence.replace(/\.$/, "")),
    ...(unknown.length > renewal.maxChangesPerUp ? [crowd] : []),
  ];
}

/** Returns what several hosts together report that cannot be, and in a preview what a host says about another fleet. */
export function conflictsOf(
  observed: ObservedFleet,
  { preview }: { readonly preview: boolean },
): readonly string[] {
  const workstations = reportedBy(observed.workstations);
  return [
    ...sameMachines(workstations),
    // An `up` fails on that host alone, and goes on elsewhere.
    ...(preview ? hostConflicts(workstations) : []),
  ];
}

/** Returns plan and observation of each workstation, as the decisions about several of them take it. */
export function reportedBy(workstations: readonly ObservedWorkstation[]) {
  return workstations.map(({ wanted, observed }) => ({
    plan: wanted,
    observation: observed.kind === "seen" ? observed.observation : undefined,
  }));
}
