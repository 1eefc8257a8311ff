/** The gate before a rollout: a token file is only a candidate until a real call has proven it. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { gateResult } from "../contract/token-file.ts";
import type { CommandInput } from "../contract/command-input.ts";
import { digestCommand, type Drift } from "./host-command.ts";
import { childOptions, ownOptions } from "./child-options.ts";

/** Arguments of {@link TokenGate}. */
export interface TokenGateArgs {
  /** Name of the token in the settings. */
  readonly token: string;
  /** Connection and token of the host, with the candidate's sha256. */
  readonly request: CommandInput<"gate">;
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
  /**
   * Digest of the file that containers may have. In a preview the candidate's, as if it had passed. In an `up` what the
   * gate itself says, which is the former file's where `--target` has left the gate out: nothing goes round it.
   */
  readonly passed: pulumi.Output<string> | undefined;

  constructor(name: string, args: TokenGateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:TokenGate", name, {}, ownOptions(opts));
    this.command = digestCommand(
      `${name}-gate`,
      { action: "gate", request: args.request, drift: args.drift, sha256: args.sha256 },
      childOptions(this, opts),
    );
    const { sha256 } = args;
    this.passed =
      sha256 === undefined
        ? undefined
        : pulumi.runtime.isDryRun()
          ? following(this.command, sha256)
          : unlessFailed(
              this.command.stdout.apply((stdout) => passedDigest(args.token, stdout, sha256)),
              sha256,
            );
    this.registerOutputs({});
  }
}

/** `value`, known at once, as if it came from `resource`: `up --plan` refuses a dependency that its preview had not. */
function following<T>(resource: pulumi.Resource, value: T): pulumi.Output<T> {
  return resource.urn.apply(() => value);
}

/**
 * The output's value, or `otherwise` where its resource has failed. The engine skips what depends on a failed resource,
 * but checks its inputs first, and would add an error of its own about one that is missing. Pulumi's SDK has the
 * answer only in a field that its types leave out (`isKnown` in its output.js).
 */
function unlessFailed(output: pulumi.Output<string>, otherwise: string): pulumi.Output<string> {
  const { isKnown } = output as unknown as { readonly isKnown: Promise<boolean> };
  return pulumi.output(isKnown.then((known) => (known ? output : otherwise)));
}

function passedDigest(token: string, stdout: string, candidate: string | undefined): string {
  const { sha256 } = gateResult.parse(JSON.parse(stdout));
  if (sha256 !== candidate) {
    void pulumi.log.warn(
      `token ${token}: the gate was left out of this run and has not passed the new file, so no container gets it; leave --target out, or run \`claude-fleet rollout ${token}\`.`,
    );
  }
  return sha256;
}
