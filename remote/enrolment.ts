/** Does the operator's part of an enrolment: mints tokens that a host asks for, and revokes tokens that lost their user. */
import type { HostRequest } from "../contract/actions.ts";
import type { VaultAccess } from "../contract/connection.ts";
import type { HostPlan } from "../contract/host-plan.ts";
import type { ApplyResult } from "../contract/workstation.ts";
import type { WrappedToken } from "../lib/vault-token-schema.ts";
import { NO_TOKEN, operatorToken, VaultAdmin, type TokenOwner } from "./vault-admin.ts";
import { nameInVault } from "../plan/vault/names.ts";
import type { TokenAnswer } from "../contract/wrapped-token.ts";

/** The operator's work in Vault during one action on a host. */
export class Enrolment {
  readonly #action: string;
  readonly #plan: HostPlan | undefined;
  readonly #admin: VaultAdmin | undefined;
  /** Users by the accessor of the token that was minted for them. */
  readonly #minted = new Map<string, string>();
  readonly #wrapped: (WrappedToken & { readonly user: string })[] = [];

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

  /** Mints a wrapped token for a user of the host's plan. */
  async mint(user: string): Promise<TokenAnswer> {
    const policy = this.#plan?.users.find(({ name }) => name === user)?.policy;
    if (this.#plan === undefined || policy === undefined)
      return { user, error: `${user} is not in this host's plan` };
    if (this.#admin === undefined) return { user, error: NO_TOKEN };
    const answer = await this.#admin.mint(owner(this.#plan, user), policy);
    if (!("error" in answer)) {
      this.#minted.set(answer.wrappedAccessor, user);
      this.#wrapped.push({ ...answer, user });
    }
    return { user, ...answer };
  }

  /** Revokes a token that the host reports as unused. @returns problems, one sentence each */
  async revoke(user: string, accessor: string): Promise<readonly string[]> {
    if (this.#plan === undefined) return [];
    if (this.#admin === undefined)
      return [`the accessor ${accessor} of ${user} was not revoked: ${NO_TOKEN}`];
    const done = await this.#admin.revoke(owner(this.#plan, user), accessor, this.#plan.renewal.adopt);
    if (done.kind === "taken-over") {
      process.stderr.write(
        `revoked the token of ${user} with the original runbook's policy workstation-claude-${user}\n`,
      );
    }
    if (done.kind === "left") process.stderr.write(`warning: ${done.why}\n`);
    return done.kind === "failed" ? [done.why] : [];
  }

  /**
   * Revokes each token that was minted but not enrolled, and each that the state names and no user has any more.
   * @param applied what the apply reported; undefined when it reported nothing, or there was no apply
   * @param former users by the accessors that the last apply left in the state
   * @returns problems, one sentence each
   */
  async settle(
    applied: ApplyResult | undefined,
    former: ReadonlyMap<string, string>,
  ): Promise<readonly string[]> {
    const users = applied?.users ?? [];
    const owned = new Set(users.map(({ accessor }) => accessor));
    // What a user has whose enrolment failed is unknown, so only a token minted just now is revoked.
    const failed = new Set(users.filter(({ token }) => token === "failed").map(({ name }) => name));
    const problems: string[] = [];
    // An apply that reported nothing may have enrolled users. Tokens that the state names, and tokens that were unwrapped,
    // may then be in use. They stand in the host's ledger, and the next apply keeps or revokes them.
    const unreported = this.#action === "apply" && applied === undefined;
    const candidates = unreported ? await this.#undelivered(problems) : new Map([...former, ...this.#minted]);
    for (const [accessor, user] of candidates) {
      const mayBeInUse = failed.has(user) && !this.#minted.has(accessor);
      if (!owned.has(accessor) && !mayBeInUse) problems.push(...(await this.revoke(user, accessor)));
    }
    return problems;
  }

  /** Unwraps the minted tokens that no host has unwrapped, so that no host can. @returns users by their accessors */
  async #undelivered(problems: string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const token of this.#wrapped) {
      const end = await this.#admin?.recall(token);
      if (end === "recalled") found.set(token.wrappedAccessor, token.user);
      if (typeof end === "object") {
        problems.push(
          `It is unknown whether the token for ${token.user} (accessor ${token.wrappedAccessor}) was delivered: ${end.why}. Run \`pulumi up\` again, which keeps or revokes it.`,
        );
      }
    }
    return found;
  }
}

/** Returns the owner of a user's token. A host names users of its plan by their present name, all others as Vault does. */
function owner(plan: HostPlan, user: string): TokenOwner {
  const known = plan.users.find(({ name }) => name === user);
  return { fleet: plan.fleet, host: plan.host, user: known === undefined ? user : nameInVault(known) };
}
