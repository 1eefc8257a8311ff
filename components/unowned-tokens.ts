/** Unowned tokens of the fleet: those that the drift review has named are revoked. */
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions } from "./child-options.ts";
import { vaultCommand, type VaultCommandArgs } from "./host-command.ts";

/** Declares the command that revokes the named tokens, after Vault has confirmed that they are the fleet's. It runs when its drift names tokens. */
export class UnownedTokens extends pulumi.ComponentResource {
  constructor(name: string, args: VaultCommandArgs<"sweep">, opts?: pulumi.ComponentResourceOptions) {
    // States hold this type, which has the former word for an unowned token.
    super("claude-fleet:index:StrayTokens", name, {}, ownOptions(opts));
    vaultCommand(`${name}-strays`, "sweep", args, childOptions(this, opts));
    this.registerOutputs({});
  }
}
