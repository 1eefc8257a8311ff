/**
 * Does the operator's part of an action in Vault: mints the tokens that a host asks for, and revokes those that lost their
 * user. What a host says about tokens is a claim. Vault's metadata decides, and afterwards each user of the host has at
 * most one token.
 */
import type { HostRequest } from "../contract/actions.ts";
import type { VaultAccess } from "../contract/connection.ts";
import type { HostPlan, HostUser } from "../contract/host-plan.ts";
import type { ApplyResult } from "../contract/workstation.ts";
import type { TokenAnswer } from "../contract/wrapped-token.ts";
import { describeFailure } from "../lib/vault-result.ts";
import type { WrappedToken } from "../lib/vault-token-schema.ts";
import { nameInVault } from "../plan/vault/names.ts";
import { plannedUser } from "../plan/vault/token-owners.ts";
import { confirmReport, type ConfirmedTokens } from "./confirm-report.ts";
import { NO_TOKEN, operatorToken } from "./operator-token.ts";
import { VaultAdmin } from "./vault-admin.ts";

/** A conversation with a host revokes at most so many tokens: a ledger has at most 23 of each user. */
const MOST_REVOCATIONS = 5000;

/** What the operator knows at the end of an action, beside what the host said. */
export interface Known {
  /** What the apply reported; undefined when it reported nothing, or there was no apply. */
  readonly applied: ApplyResult | undefined;
  /** Users by the accessors that the last apply left in the state. */
  readonly former: ReadonlyMap<string, string>;
  /** Accessors of tokens that this action's drift names, because their users leave the host. */
  readonly leaving: readonly string[];
  /** Whether something about Vault tokens made the action run. */
  readonly aboutTokens: boolean;
}

/** The operator's work in Vault during one action on a host. */
export class Enrolment {
  readonly #action: string;
  readonly #plan: HostPlan | undefined;
  readonly #admin: VaultAdmin | undefined;
  /** Users by the accessor of the token that was minted for them. */
  readonly #minted = new Map<string, string>();
  readonly #wrapped: (WrappedToken & { readonly user: string })[] = [];
  readonly #asked = new Set<string>();
  /** What the host has asked to revoke. A wish that Vault did not confirm keeps nothing from being revoked later. */
  readonly #wishes = new Set<string>();

  private constructor(action: string, plan: HostPlan | undefined, admin: VaultAdmin | undefined) {
    this.#action = action;
    this.#plan = plan;
    this.#admin = admin;
  }

  /** Opens Vault with the operator's own token, if there is one. */
  static async open(request: HostRequest, vault: VaultAccess | undefined): Promise<Enrolment> {
    const token = await operatorToken(process.env);
    const admin = vault === undefined || token === undefined ? undefined : new VaultAdmin(vault, token);
    return new Enrolment(request.action, "plan" in request ? request.plan : undefined, admin);
  }

  /** Mints a wrapped token for a renewed user of the plan: one for each user, and only in an apply. */
  async mint(name: string): Promise<TokenAnswer> {
    const refuse = (error: string): TokenAnswer => ({ user: name, error });
    const user = this.#plan?.users.find((one) => one.name === name);
    if (this.#plan === undefined || user === undefined) return refuse(`${name} is not in this host's plan`);
    if (this.#action !== "apply") return refuse(`tokens are minted by an apply, not by ${this.#action}`);
    if (!user.renewal) return refuse(`the roster does not renew ${name}`);
    if (this.#asked.has(name)) return refuse(`this apply has asked for a token of ${name} before`);
    this.#asked.add(name);
    if (this.#admin === undefined) return refuse(NO_TOKEN);
    const { fleet, host } = this.#plan;
    const answer = await this.#admin.mint({ fleet, host, user: nameInVault(user) }, user.policy);
    if ("error" in answer) return { user: name, ...answer };
    this.#minted.set(answer.wrappedAccessor, name);
    this.#wrapped.push({ ...answer, user: name });
    return { user: name, ...answer };
  }

  /** Revokes a token that the host reports as unused. @returns problems, one sentence each */
  async revoke(name: string, accessor: string): Promise<readonly string[]> {
    const wish = `${accessor} ${name}`;
    if (this.#plan === undefined || this.#wishes.has(wish) || this.#wishes.size > MOST_REVOCATIONS) return [];
    this.#wishes.add(wish);
    if (this.#wishes.size > MOST_REVOCATIONS)
      return [
        `${this.#plan.host} asked to revoke more than ${MOST_REVOCATIONS} tokens; the others were not revoked.`,
      ];
    // A host names users of its plan by the name that Vault knows, or by the present one.
    const user = this.#plan.users.find((one) => one.name === name || nameInVault(one) === name);
    const adopt = this.#plan.renewal.adopt && user !== undefined;
    return this.#revoke(user === undefined ? name : nameInVault(user), accessor, adopt);
  }

  /** @param user by the name that Vault knows; undefined for any user of the host */
  async #revoke(user: string | undefined, accessor: string, adopt = false): Promise<readonly string[]> {
    if (this.#plan === undefined) return [];
    const { fleet, host } = this.#plan;
    if (this.#admin === undefined)
      return [`the accessor ${accessor} of ${user ?? "a user"} was not revoked: ${NO_TOKEN}`];
    const done = await this.#admin.revoke({ fleet, host, user }, accessor, adopt);
    if (done.kind === "taken-over") {
      process.stderr.write(
        `revoked the token of ${user} with the original runbook's policy workstation-claude-${user}\n`,
      );
    }
    if (done.kind === "left") process.stderr.write(`warning: ${done.why}\n`);
    return done.kind === "failed" ? [done.why] : [];
  }

  /**
   * Leaves each user of the host with the token that the apply reports and Vault confirms. Revokes every other token that
   * the state, the drift, this run or Vault's list knows.
   * @returns problems, one sentence each
   */
  async settle(known: Known): Promise<readonly string[]> {
    const { applied, former, leaving, aboutTokens } = known;
    const [plan, admin] = [this.#plan, this.#admin];
    if (plan === undefined) return [];
    const report =
      this.#action === "apply" && applied !== undefined && admin !== undefined
        ? await confirmReport(admin, plan, applied)
        : undefined;
    const problems = [...(report?.problems ?? [])];
    const kept = report?.kept;
    const revokeUnlessKept = async (accessor: string, user: HostUser | undefined) => {
      if (!this.#keeps(kept, accessor, user)) problems.push(...(await this.#revoke(undefined, accessor)));
    };
    const named = (name: string) =>
      plan.users.find((user) => user.renewal && (user.name === name || nameInVault(user) === name));

    for (const accessor of kept === undefined ? await this.#undelivered(problems) : this.#minted.keys()) {
      if (kept === undefined) problems.push(...(await this.#revoke(undefined, accessor)));
      else await revokeUnlessKept(accessor, named(this.#minted.get(accessor) ?? ""));
    }
    for (const [accessor, name] of former) await revokeUnlessKept(accessor, named(name));
    const searches =
      this.#action === "remove" || (kept !== undefined && (aboutTokens || this.#minted.size > 0));
    for (const found of [
      leaving.length === 0 ? undefined : await admin?.lookUp(plan, leaving),
      searches ? await admin?.findAll(plan) : undefined,
    ]) {
      if (found?.kind === "failed") {
        problems.push(
          `It is unknown whether users of ${plan.host} have other Vault tokens: Vault ${describeFailure(found.failure)}. Repair that, then run \`pulumi up\` again.`,
        );
      }
      for (const token of found?.kind === "ok" ? found.tokens : []) {
        if (token.host === plan.host) await revokeUnlessKept(token.accessor, plannedUser(token, plan));
      }
    }
    return problems;
  }

  /** Returns whether a token stays. @param user whose it is; undefined: no renewed user of the plan has it */
  #keeps(kept: ConfirmedTokens["kept"], accessor: string, user: HostUser | undefined): boolean {
    if (user === undefined || this.#action === "remove") return false;
    // Without a report, users may use any of their tokens.
    if (kept === undefined) return true;
    const confirmed = kept.get(user.name);
    return confirmed === undefined ? !this.#minted.has(accessor) : accessor === confirmed;
  }

  /** Unwraps the minted tokens that no host has unwrapped, so that no host can. @returns their accessors */
  async #undelivered(problems: string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const token of this.#wrapped) {
      const about = `the token for ${token.user} (accessor ${token.wrappedAccessor})`;
      const end = await this.#admin?.recall(token);
      if (end === "recalled") found.push(token.wrappedAccessor);
      if (end === "used") {
        process.stderr.write(
          `warning: ${this.#plan?.host} has received ${about} and did not finish. The next \`pulumi up\` keeps or revokes it.\n`,
        );
      }
      if (typeof end === "object") {
        problems.push(
          `It is unknown whether ${about} was delivered: ${end.why}. Run \`pulumi up\` again, which keeps or revokes it.`,
        );
      }
    }
    return found;
  }
}
