/** One service of a compose file that uses the token: recreated by compose, and checked inside. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { CommandInput } from "../contract/command-input.ts";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import { digestCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link ComposeConsumer}. */
export interface ComposeConsumerArgs extends Held {
  /** How the host is reached, and what recreates the service. */
  readonly request: CommandInput<"recreate">;
  /** SHA-256 of the candidate in hex; undefined when the host did not report it. */
  readonly sha256: string | undefined;
  /** Why the service is recreated although the candidate is the same. */
  readonly drift: Drift;
}

/**
 * Declares the command that recreates the service with the approved copy, waits for its health, and verifies the token
 * that it reads. The container belongs to the compose file, so nothing here removes it. The command fails before it
 * changes anything when there is no approved copy, so `--target` cannot go round the gate.
 */
export class ComposeConsumer extends pulumi.ComponentResource {
  /** Succeeds when the container runs, is healthy and reads the right token. */
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
