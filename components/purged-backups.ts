/** The destroyed backups of one user who has left, because the settings name the user. */
import * as pulumi from "@pulumi/pulumi";
import type { VaultWorkInput } from "../contract/command-input.ts";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import { vaultCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link PurgedBackups}. */
export interface PurgedBackupsArgs extends Held {
  /** How Vault is reached, and where the backups lie. */
  readonly request: VaultWorkInput<"purge">;
  /** Says that backups exist again. */
  readonly drift: Drift;
}

/**
 * Declares the command that destroys all versions. It must wait until the user is unenrolled, because a running agent
 * would store the next version. Taking the user out of the list neither restores nor destroys anything.
 */
export class PurgedBackups extends pulumi.ComponentResource {
  constructor(name: string, args: PurgedBackupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:PurgedBackups", name, {}, ownOptions(opts));
    const { request, drift } = args;
    const purge = `${name}-purge`;
    vaultCommand(
      purge,
      { work: "purge", entries: {}, request, drift },
      childOptions(this, opts, args.held ? purge : undefined),
    );
    this.registerOutputs({});
  }
}
