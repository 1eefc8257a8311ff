/** Checks what an apply reports about its users' tokens against the plan and Vault. */
import type { HostPlan, HostUser } from "../contract/host-plan.ts";
import type { ApplyResult } from "../contract/workstation.ts";
import { describeFailure } from "../lib/vault-result.ts";
import { whyNotTheirs } from "../plan/vault/token-owners.ts";
import type { VaultAdmin } from "./vault-admin.ts";

/** What Vault makes of a report. */
export interface ConfirmedTokens {
  /**
   * The one token of each user, by the user's name in the plan. A user without a confirmed token is missing. Undefined: Vault
   * could not be asked.
   */
  readonly kept: ReadonlyMap<string, string> | undefined;
  /** What the host reports and cannot be, and what it leaves out: one sentence each. */
  readonly problems: readonly string[];
}

type Reported = ApplyResult["users"][number];

const DISTRUST =
  "If the next `pulumi up` says so again, treat the host as compromised: see docs/threat-model.md.";

/** Checks the report. @param admin asks Vault about the reported accessors */
export async function confirmReport(
  admin: Pick<VaultAdmin, "lookUp">,
  plan: HostPlan,
  { users }: ApplyResult,
): Promise<ConfirmedTokens> {
  const claims = plan.users
    .filter(({ renewal }) => renewal)
    .map((user) => ({ user, claim: users.find(({ name }) => name === user.name) }));
  const accessors = claims.flatMap(({ claim }) => claim?.accessor ?? []);
  const found = await admin.lookUp(
    plan,
    accessors.filter((accessor) => accessor !== ""),
  );
  if (found.kind === "failed") {
    const why = `It is unknown whether the tokens on ${plan.host} are its users': Vault ${describeFailure(found.failure)}.`;
    return { kept: undefined, problems: [`${why} Repair that, then run \`pulumi up\` again.`] };
  }
  const kept = new Map<string, string>();
  const problems = overcounted(plan, users);
  for (const { user, claim } of claims) {
    const why = problemOf(plan, user, claim);
    if (why !== undefined) problems.push(why);
    const accessor = claim?.token === "failed" ? null : (claim?.accessor ?? null);
    if (why !== undefined || accessor === null) continue;
    const token = found.tokens.find((one) => one.accessor === accessor);
    const wrong = whyNotTheirs(user, plan, token);
    if (wrong === undefined) kept.set(user.name, accessor);
    else {
      problems.push(
        `${plan.host} reports the token ${accessor} as ${user.name}'s, but Vault says that ${wrong}. ${DISTRUST}`,
      );
    }
  }
  return { kept, problems };
}

/** Names the first user who is not in the plan, or who is reported twice. */
function overcounted({ host, users: planned }: HostPlan, users: readonly Reported[]): string[] {
  const known = new Set(planned.map(({ name }) => name));
  const seen = new Set<string>();
  for (const { name } of users) {
    if (!known.has(name))
      return [`${host} reports the user ${name}, whom the plan does not have there. ${DISTRUST}`];
    if (seen.has(name)) return [`${host} reports the user ${name} more than once. ${DISTRUST}`];
    seen.add(name);
  }
  return [];
}

/** Returns why a report says nothing about a user's token. The host itself explains an enrolment that failed. */
function problemOf({ host }: HostPlan, { name }: HostUser, claim: Reported | undefined): string | undefined {
  if (claim === undefined) return `${host} does not report ${name}, whom the plan has there. ${DISTRUST}`;
  if (claim.token === "failed" || (claim.token !== "not-renewed" && claim.accessor !== null))
    return undefined;
  return `${host} reports no Vault token of ${name}, whom the roster renews. ${DISTRUST}`;
}
