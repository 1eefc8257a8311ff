/** The backups of one user who has left, destroyed because the settings name them. */
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import type { VaultWorkInput } from "../contract/command-input.ts";
import { vaultCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link PurgedBackups}. */
export interface PurgedBackupsArgs extends Held {
  /** How Vault is reached, and where the backups lie. */
  readonly request: VaultWorkInput<"purge">;
  readonly drift: Drift;
}

/**
 * Declares the command that destroys every version. It is to wait for the user's retirement: an agent that runs on would
 * store the next one. Taking the user out of the list brings nothing back and takes nothing away.
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
