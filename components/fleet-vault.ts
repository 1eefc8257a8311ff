/** What the whole fleet owns in Vault: the token role, and the KV mount where the settings manage it. */
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import type { VaultPlan } from "../plan/model.ts";
import { childOptions, ownOptions } from "./child-options.ts";

/** Arguments of {@link FleetVault}. */
export interface FleetVaultArgs {
  /** Names of role, policies and mount, and the properties of tokens. */
  readonly vault: VaultPlan;
  /**
   * Names this stack as the owner, in letters, digits and dashes. It stands in the role and in the path of every token,
   * so that a second stack with the same fleet name is noticed.
   */
  readonly owner: string;
}

/**
 * Declares the token role `claude-<fleet>`: orphan, periodic, without the `default` policy, and limited to policies of
 * this fleet. Tokens themselves are never resources. A wrapped token in the state could not be delivered twice, and a
 * refresh that gets a 403 would plan to mint it again
 * (https://github.com/hashicorp/terraform-provider-vault/issues/1854).
 */
export class FleetVault extends pulumi.ComponentResource {
  /** The role that enrolment mints tokens from. */
  readonly role: vault.tokenauth.AuthBackendRole;
  /** The KV mount; undefined unless `manageMount` is set. */
  readonly mount: vault.Mount | undefined;

  constructor(name: string, args: FleetVaultArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:FleetVault", name, {}, ownOptions(opts));
    const { vault: plan, owner } = args;

    this.mount = plan.manageMount
      ? new vault.Mount(
          `${name}-mount`,
          {
            path: plan.mount,
            type: "kv",
            options: { version: "2" },
            description: "Claude Code logins (claude-fleet)",
          },
          { ...childOptions(this, opts), protect: true, retainOnDelete: true },
        )
      : undefined;

    this.role = new vault.tokenauth.AuthBackendRole(
      `${name}-role`,
      {
        roleName: plan.role,
        allowedPoliciesGlobs: [plan.policyGlob],
        orphan: true,
        renewable: true,
        tokenPeriod: plan.tokenPeriodSeconds,
        tokenNoDefaultPolicy: true,
        tokenType: "service",
        ...(plan.tokenBoundCidrs.length === 0 ? {} : { tokenBoundCidrs: [...plan.tokenBoundCidrs] }),
        pathSuffix: owner,
      },
      childOptions(this, opts),
    );

    this.registerOutputs({ role: this.role.roleName });
  }
}
