/** Unowned tokens of the fleet: those that the drift review has named are revoked. */
import * as pulumi from "@pulumi/pulumi";
import type { VaultWorkInput } from "../contract/command-input.ts";
import { childOptions, ownOptions } from "./child-options.ts";
import { vaultCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link UnownedTokens}. */
export interface UnownedTokensArgs {
  /** How Vault is reached, and the fleet. */
  readonly request: VaultWorkInput<"sweep">;
  /** Names the tokens. Without it the command does not run. */
  readonly drift: Drift;
}

/** Declares the command that revokes the named tokens, after Vault has confirmed that they are the fleet's. */
export class UnownedTokens extends pulumi.ComponentResource {
  constructor(name: string, args: UnownedTokensArgs, opts?: pulumi.ComponentResourceOptions) {
    // States hold this type, which has the former word for an unowned token.
    super("claude-fleet:index:StrayTokens", name, {}, ownOptions(opts));
    vaultCommand(`${name}-strays`, { work: "sweep", entries: {}, ...args }, childOptions(this, opts));
    this.registerOutputs({});
  }
}
