/** What the whole fleet owns in Vault: the token role that enrolment mints from, and the mount where the site wants it managed. */
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import type { VaultPlan } from "../plan/model.ts";
import { childOptions, ownOptions } from "./child-options.ts";

/** Arguments of {@link FleetVault}. */
export interface FleetVaultArgs {
  readonly vault: VaultPlan;
  /**
   * Marks the role and the path of every token minted from it as this stack's, so that a second stack of the
   * same fleet name is noticed: letters, digits and dashes.
   */
  readonly owner: string;
}

/**
 * Declares the token role `claude-<fleet>`: orphan, periodic, without the `default` policy, and able to hand out
 * only policies of this fleet. Tokens themselves are never resources: wrapped in state they could not be
 * delivered twice, and a refresh that gets a 403 would plan to mint them anew
 * (https://github.com/hashicorp/terraform-provider-vault/issues/1854).
 */
export class FleetVault extends pulumi.ComponentResource {
  /** The token role. */
  readonly role: vault.tokenauth.AuthBackendRole;
  /** The KV mount, where `manageMount` is set. */
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
