/** The backups of one user who has left, destroyed because the settings name them. */
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions } from "./child-options.ts";
import { hostCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link PurgedBackups}. */
export interface PurgedBackupsArgs {
  /** How Vault is reached, and where the backups lie. */
  readonly request: object;
  readonly drift: Drift;
}

/**
 * Declares the command that destroys every version. It is to wait for the user's retirement: an agent that runs on would
 * store the next one. Taking the user out of the list brings nothing back and takes nothing away.
 */
export class PurgedBackups extends pulumi.ComponentResource {
  constructor(name: string, args: PurgedBackupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:PurgedBackups", name, {}, ownOptions(opts));
    hostCommand(`${name}-purge`, { action: "purge", entries: {}, ...args }, childOptions(this, opts));
    this.registerOutputs({});
  }
}
