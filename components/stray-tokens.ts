/** Tokens of the fleet that nobody owns: what the review has found is revoked. */
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions } from "./child-options.ts";
import type { VaultWorkInput } from "../contract/command-input.ts";
import { vaultCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link StrayTokens}. */
export interface StrayTokensArgs {
  /** How Vault is reached, and the fleet. */
  readonly request: VaultWorkInput<"sweep">;
  /** Names the tokens; without any there is nothing to run for. */
  readonly drift: Drift;
}

/** Declares the command that revokes the tokens which the note names, once Vault has said that they are the fleet's. */
export class StrayTokens extends pulumi.ComponentResource {
  constructor(name: string, args: StrayTokensArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:StrayTokens", name, {}, ownOptions(opts));
    vaultCommand(`${name}-strays`, { work: "sweep", entries: {}, ...args }, childOptions(this, opts));
    this.registerOutputs({});
  }
}
