/** One service of a compose file that uses the token: recreated by compose, and checked inside. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import { digestCommand, type DigestCommandArgs } from "./host-command.ts";

/**
 * Declares the command that recreates the service with the approved copy, waits for its health, and verifies the token
 * that it reads. The container belongs to the compose file, so nothing here removes it. The command fails before it
 * changes anything when there is no approved copy, so `--target` cannot go round the gate.
 */
export class ComposeConsumer extends pulumi.ComponentResource {
  /** Succeeds when the container runs, is healthy and reads the right token. */
  readonly verified: command.local.Command;

  constructor(
    name: string,
    args: DigestCommandArgs<"recreate"> & Held,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("claude-fleet:index:ComposeConsumer", name, {}, ownOptions(opts));
    const options = childOptions(this, opts, args.held ? name : undefined);
    this.verified = digestCommand(`${name}-recreate`, "recreate", args, options);
    this.registerOutputs({});
  }
}
