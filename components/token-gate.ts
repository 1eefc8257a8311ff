/** The gate of a token: a real call proves the candidate before any container gets it. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { gateResult } from "../contract/token-file.ts";
import { digestCommand, type DigestCommandArgs } from "./host-command.ts";
import { unlessFailed } from "./resource-outcome.ts";
import { childOptions, ownOptions } from "./child-options.ts";

/** Arguments of {@link TokenGate}. */
export interface TokenGateArgs extends DigestCommandArgs<"gate"> {
  /** Name of the token in the settings. */
  readonly token: string;
}

/**
 * Declares the command that checks the candidate's rights, shape and kind, and makes one real call with it. Then it
 * stores the approved copies that containers mount. A refused candidate reaches no container, not even by
 * `docker restart`.
 */
export class TokenGate extends pulumi.ComponentResource {
  /** Succeeds when the candidate is proven and its approved copies are stored. */
  readonly command: command.local.Command;
  /**
   * Digest of the file that containers may have. In a preview it is the candidate's. In an `up` it is what the gate
   * printed last, which is the previous file's digest when `--target` has left the gate out.
   */
  readonly passed: pulumi.Output<string> | undefined;

  constructor(name: string, args: TokenGateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:TokenGate", name, {}, ownOptions(opts));
    this.command = digestCommand(`${name}-gate`, "gate", args, childOptions(this, opts));
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

/** Returns a known value that depends on `resource`. `up --plan` refuses a dependency that its preview did not have. */
function following<T>(resource: pulumi.Resource, value: T): pulumi.Output<T> {
  return resource.urn.apply(() => value);
}

/** Reads the digest that the gate has passed, and warns when it is not the candidate's. */
function passedDigest(token: string, stdout: string, candidate: string | undefined): string {
  const { sha256 } = gateResult.parse(JSON.parse(stdout));
  if (sha256 !== candidate) {
    void pulumi.log.warn(
      `token ${token}: the gate was left out of this run, so no container gets the new file. Run it without --target, or run \`claude-fleet rollout ${token}\`.`,
    );
  }
  return sha256;
}
