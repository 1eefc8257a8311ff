/** Asks Vault for the fleet's living tokens, and for those that hosts report. */
import type { VaultClient } from "../lib/vault-api.ts";
import { describeFailure, type VaultFailure } from "../lib/vault-result.ts";
import type { FleetPlan, VaultPlan } from "../plan/model.ts";
import type { FleetToken, ReportedUsers } from "../plan/vault/token-owners.ts";
import { toUnenrol } from "../plan/workstation/enrolment.ts";
import { lookUpClaimed, lookUpListed, MOST_TOKENS, type TokenList } from "../remote/fleet-tokens.ts";

/** Most accessors of one host's report that are looked up beside the list. */
const MOST_CLAIMED = 1000;

/** What Vault says about the fleet's tokens. */
export interface TokenSurvey {
  readonly tokens: readonly FleetToken[];
  /** Whether `tokens` are all tokens of the fleet. Otherwise they are those that hosts report and Vault confirms. */
  readonly complete: boolean;
  /** Whether Vault was asked about every reported token, so that a token which it does not name is not the fleet's. */
  readonly judged: boolean;
  /** Why not all tokens are known, as a clause; undefined where they are, or need not be. */
  readonly unknown: string | undefined;
}

/** A survey without an answer of Vault. */
export const NO_SURVEY: TokenSurvey = { tokens: [], complete: false, judged: false, unknown: undefined };

/**
 * Looks up the listed tokens, and those that workstations report beside them. Where the identity may not list, only the
 * reported ones are known.
 * @param list listed before the hosts were asked, so that a token which is created in between is never unowned
 */
export async function surveyTokens(
  { fleet, vault }: Pick<FleetPlan, "fleet" | "vault">,
  { client, tokens: list }: { readonly client: VaultClient; readonly tokens: TokenList | undefined },
  workstations: readonly ReportedUsers[],
): Promise<TokenSurvey> {
  if (list === undefined) return NO_SURVEY;
  const { kind } = list.accessors;
  if (kind !== "ok" && kind !== "forbidden" && kind !== "notFound")
    return { ...NO_SURVEY, unknown: failed(list.accessors, vault) };
  const role = { fleet, role: vault.role, tokenPeriodSeconds: vault.tokenPeriodSeconds };
  const { accessors, why } = listed(list, vault);
  const known = await lookUpListed(client, role, accessors ?? [], list.at);
  if (known.kind === "failed") return { ...NO_SURVEY, unknown: failed(known.failure, vault) };
  const asked = new Set(accessors);
  const others = workstations.flatMap(claimedAccessors).filter((accessor) => !asked.has(accessor));
  const claimed = await lookUpClaimed(client, role, others);
  if (claimed.kind === "failed") return { ...NO_SURVEY, unknown: why ?? failed(claimed.failure, vault) };
  const tokens = [...known.tokens, ...claimed.tokens];
  return { tokens, complete: accessors !== undefined, judged: true, unknown: why };
}

/** Returns the listed accessors; or undefined, and why they are not known, as a clause. */
function listed(
  { accessors }: TokenList,
  vault: VaultPlan,
): { readonly accessors?: readonly string[]; readonly why: string | undefined } {
  if (accessors.kind === "notFound") return { accessors: [], why: undefined };
  if (accessors.kind !== "ok") return { why: failed(accessors, vault) };
  const { length } = accessors.value;
  if (length <= MOST_TOKENS) return { accessors: accessors.value, why: undefined };
  const many = `Vault has ${length} tokens, more than the ${MOST_TOKENS} that a search looks up; ${TURN_OFF}`;
  return { why: unlessLeft(many, vault) };
}

/** Returns the accessors that a workstation reports for users of its plan, and for users who leave it. */
function claimedAccessors({ plan, observation }: ReportedUsers): readonly string[] {
  if (observation === undefined) return [];
  const asked = new Set([...plan.users.map(({ name }) => name), ...toUnenrol(plan, observation)]);
  return observation.users
    .filter(({ name }) => asked.has(name))
    .flatMap(({ accessors, token }) => [...accessors, token.accessor ?? ""])
    .filter((accessor) => /^[A-Za-z0-9._-]{1,200}$/.test(accessor))
    .slice(0, MOST_CLAIMED);
}

const TURN_OFF = "set `vault.strayTokens: leave`, which goes on without it";

function failed(failure: VaultFailure, vault: VaultPlan): string | undefined {
  const remedy =
    failure.kind === "forbidden"
      ? `log in as an identity that may list auth/token/accessors (sudo) and look accessors up, or ${TURN_OFF}`
      : "repair that, and run this again";
  return unlessLeft(`Vault ${describeFailure(failure)}; ${remedy}`, vault);
}

/** Returns the clause, unless the settings leave unowned tokens alone. */
function unlessLeft(why: string, { strayTokens }: VaultPlan): string | undefined {
  return strayTokens === "leave" ? undefined : `unowned tokens: ${why}`;
}
