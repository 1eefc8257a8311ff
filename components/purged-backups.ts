/** The destroyed backups of one user who has left, because the settings name the user. */
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import { vaultCommand, type VaultCommandArgs } from "./host-command.ts";

/**
 * Declares the command that destroys all versions. It must wait until the user is unenrolled, because a running agent
 * would store the next version. Taking the user out of the list neither restores nor destroys anything.
 */
export class PurgedBackups extends pulumi.ComponentResource {
  constructor(name: string, args: VaultCommandArgs<"purge"> & Held, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:PurgedBackups", name, {}, ownOptions(opts));
    const purge = `${name}-purge`;
    vaultCommand(purge, "purge", args, childOptions(this, opts, args.held ? purge : undefined));
    this.registerOutputs({});
  }
}
