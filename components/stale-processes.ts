/** What has outlived a rollout with the former token in its environment, and what the settings want done about it. */
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import type { CommandInput } from "../contract/command-input.ts";
import { digestCommand } from "./host-command.ts";

/** Arguments of {@link StaleProcesses}. */
export interface StaleProcessesArgs extends Held {
  /** Connection and question for the host. */
  readonly request: CommandInput<"stale">;
  /** Digest of the file that the containers have, in hex; undefined when the host did not say. */
  readonly sha256: string | undefined;
}

/** Declares the look for such processes; it is to wait for all containers, and runs once a rollout. */
export class StaleProcesses extends pulumi.ComponentResource {
  constructor(name: string, args: StaleProcessesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:StaleProcesses", name, {}, ownOptions(opts));
    digestCommand(
      `${name}-stale`,
      { action: "stale", request: args.request, drift: { kind: "none" }, sha256: args.sha256 },
      childOptions(this, opts, args.held ? `${name}-stale` : undefined),
    );
    this.registerOutputs({});
  }
}
