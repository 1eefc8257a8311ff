/** One service of a compose file that follows the token: recreated there, and checked inside. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import type { CommandInput } from "../contract/command-input.ts";
import { digestCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link ComposeConsumer}. */
export interface ComposeConsumerArgs extends Held {
  /** Connection and recreation of the service. */
  readonly request: CommandInput<"recreate">;
  /** Digest of the candidate, in hex; undefined when the host did not say. */
  readonly sha256: string | undefined;
  readonly drift: Drift;
}

/**
 * Declares the command that recreates the service with the copy that the gate has stored, waits for its health and
 * verifies the token that it really reads. The container belongs to the compose file: nothing here removes it. A copy
 * that the gate has not stored is an error before anything is touched, so `--target` leads nothing round the gate.
 */
export class ComposeConsumer extends pulumi.ComponentResource {
  /** Done when the container runs, is healthy and reads the right token. */
  readonly verified: command.local.Command;

  constructor(name: string, args: ComposeConsumerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:ComposeConsumer", name, {}, ownOptions(opts));
    this.verified = digestCommand(
      `${name}-recreate`,
      { action: "recreate", request: args.request, drift: args.drift, sha256: args.sha256 },
      childOptions(this, opts, args.held ? name : undefined),
    );
    this.registerOutputs({});
  }
}
