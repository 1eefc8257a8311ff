/** The operator's part of an enrolment: mints the tokens that a host asks for, and revokes those that nobody owns. */
import type { HostRequest } from "../contract/actions.ts";
import type { VaultAccess } from "../contract/connection.ts";
import type { TokenAnswer } from "../contract/session-events.ts";
import type { HostPlan } from "../contract/host-plan.ts";
import type { ApplyResult } from "../contract/workstation.ts";
import type { WrappedToken } from "../lib/vault-token.ts";
import { NO_TOKEN, operatorToken, VaultAdmin, type TokenOwner } from "./vault-admin.ts";
import { nameInVault } from "../plan/vault/names.ts";

/** What the operator does in Vault during one action on a host. */
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

  /** Opens Vault with the operator's own token, as far as there is one. */
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
    if ("error" in answer) return { user, ...answer };
    this.#minted.set(answer.wrappedAccessor, user);
    this.#wrapped.push({ ...answer, user });
    return { user, wrappedToken: answer.wrappedToken, wrappedAccessor: answer.wrappedAccessor };
  }

  /** Revokes a token that the host says has no use any more. @returns problems, one sentence each */
  async revoke(user: string, accessor: string): Promise<readonly string[]> {
    if (this.#plan === undefined) return [];
    if (this.#admin === undefined)
      return [`the accessor ${accessor} of ${user} was not revoked: ${NO_TOKEN}`];
    const done = await this.#admin.revoke(owner(this.#plan, user), accessor, this.#plan.renewal.adopt);
    if (done.kind === "taken-over") {
      process.stderr.write(
        `revoked the token that ${user} had of the original's policy workstation-claude-${user}\n`,
      );
    }
    if (done.kind === "left") process.stderr.write(`warning: ${done.why}\n`);
    return done.kind === "failed" ? [done.why] : [];
  }

  /**
   * Revokes each token that was minted and not enrolled, and each that the state names and no user has any more.
   * @param applied what the apply says it did; undefined when it did not say, or there was none
   * @param former users by the accessors that the last apply left in the state
   * @returns problems, one sentence each
   */
  async settle(
    applied: ApplyResult | undefined,
    former: ReadonlyMap<string, string>,
  ): Promise<readonly string[]> {
    const users = applied?.users ?? [];
    const owned = new Set(users.map(({ accessor }) => accessor));
    // Nothing is known of a user whose turn failed, so nothing of theirs is revoked but what was minted just now.
    const failed = new Set(users.filter(({ token }) => token === "failed").map(({ name }) => name));
    const problems: string[] = [];
    // An apply that did not say how it ended may have enrolled. What the state names, and what was unwrapped, is then
    // left for the next one: it may be what a user's file holds, and is on the host's record.
    const silent = this.#action === "apply" && applied === undefined;
    const candidates = silent ? await this.#undelivered(problems) : new Map([...former, ...this.#minted]);
    for (const [accessor, user] of candidates) {
      const spared = failed.has(user) && !this.#minted.has(accessor);
      if (!owned.has(accessor) && !spared) problems.push(...(await this.revoke(user, accessor)));
    }
    return problems;
  }

  /** Users by the accessors of minted tokens that no host has unwrapped, nor can any more. */
  async #undelivered(problems: string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const one of this.#wrapped) {
      const end = await this.#admin?.recall(one);
      if (end === "recalled") found.set(one.wrappedAccessor, one.user);
      if (typeof end === "object") {
        problems.push(
          `whether the token minted for ${one.user} was delivered is unknown: ${end.why}; run \`pulumi up\` again, which keeps or revokes it (accessor ${one.wrappedAccessor}).`,
        );
      }
    }
    return found;
  }
}

/** A host names users as it knows them, or those whom its plan no longer has as Vault does. */
function owner(plan: HostPlan, user: string): TokenOwner {
  const known = plan.users.find(({ name }) => name === user);
  return { fleet: plan.fleet, host: plan.host, user: known === undefined ? user : nameInVault(known) };
}
