/** Processes that outlived a rollout with a former token in their environment. */
import * as pulumi from "@pulumi/pulumi";
import type { CommandInput } from "../contract/command-input.ts";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import { digestCommand } from "./host-command.ts";

/** Arguments of {@link StaleProcesses}. */
export interface StaleProcessesArgs extends Held {
  /** How the host is reached, and what is done about such processes. */
  readonly request: CommandInput<"stale">;
  /** SHA-256 in hex of the file that the containers have; undefined when the host did not report it. */
  readonly sha256: string | undefined;
}

/** Declares the command that finds such processes. It runs once for each rollout, and must wait for all containers. */
export class StaleProcesses extends pulumi.ComponentResource {
  constructor(name: string, args: StaleProcessesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:StaleProcesses", name, {}, ownOptions(opts));
    digestCommand(
      `${name}-stale`,
      { action: "stale", request: args.request, drift: undefined, sha256: args.sha256 },
      childOptions(this, opts, args.held ? `${name}-stale` : undefined),
    );
    this.registerOutputs({});
  }
}
