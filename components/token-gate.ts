/** The gate before a rollout: a token file is only a candidate until a real call has proven it. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { hostCommand, type Drift } from "./host-command.ts";
import { childOptions, ownOptions } from "./child-options.ts";

/** Arguments of {@link TokenGate}. */
export interface TokenGateArgs {
  /** Connection and token of the host, with the candidate's sha256. */
  readonly request: object;
  /** Digest of the candidate, in hex; undefined when the host did not say. */
  readonly sha256: string | undefined;
  readonly drift: Drift;
}

/**
 * Re-reads the candidate on its host, checks rights, shape and kind, makes one real call with it, and only then
 * stores the immutable copies which containers mount. A refused candidate therefore reaches no container, not even
 * by `docker restart`.
 */
export class TokenGate extends pulumi.ComponentResource {
  readonly command: command.local.Command;

  constructor(name: string, args: TokenGateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:TokenGate", name, {}, ownOptions(opts));
    this.command = hostCommand(
      `${name}-gate`,
      {
        action: "gate",
        request: args.request,
        entries: {},
        drift: args.drift,
        triggers: [args.sha256 ?? "unknown"],
      },
      {
        ...childOptions(this, opts),
        ...(args.sha256 === undefined ? { ignoreChanges: ["triggers", "stdin"] } : {}),
      },
    );
    this.registerOutputs({});
  }
}
