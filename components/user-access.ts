/** What one user owns in Vault: the policy of their token, and the metadata of their backups. */
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { canonicalJson } from "../lib/canonical-json.ts";
import type { UserPlan } from "../plan/model.ts";
import { entryMetadata } from "../plan/vault/backup-metadata.ts";
import { childOptions, ownOptions } from "./child-options.ts";

/** Arguments of {@link UserAccess}. */
export interface UserAccessArgs {
  /** Name of the fleet, for the metadata. */
  readonly fleet: string;
  readonly user: UserPlan;
  /** Policy in HCL that opens only this user's paths. */
  readonly policy: string;
}

/**
 * Declares a user's policy and the metadata of their KV path. The login itself is never a resource: every update of a
 * `kv.SecretV2` would overwrite a live refresh token. A removed user loses the policy and keeps the backups
 * (`disableDelete`), because deleting metadata destroys every version.
 */
export class UserAccess extends pulumi.ComponentResource {
  /** The exact-path policy of the user's token. */
  readonly policy: vault.Policy;
  /** The metadata of the user's backups. */
  readonly metadata: vault.generic.Endpoint;

  constructor(name: string, args: UserAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:UserAccess", name, {}, ownOptions(opts));
    const { fleet, user, policy } = args;

    this.policy = new vault.Policy(`${name}-policy`, { name: user.policy, policy }, childOptions(this, opts));

    this.metadata = new vault.generic.Endpoint(
      `${name}-metadata`,
      {
        path: user.metadataPath,
        dataJson: canonicalJson(entryMetadata(fleet, user)),
        ignoreAbsentFields: true,
        disableDelete: true,
      },
      childOptions(this, opts),
    );

    this.registerOutputs({ policy: this.policy.name });
  }
}
