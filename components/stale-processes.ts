/** Processes that outlived a rollout with a former token in their environment. */
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import { digestCommand, type DigestCommandArgs } from "./host-command.ts";

/** Declares the command that finds such processes. It runs once for each rollout, and must wait for all containers. */
export class StaleProcesses extends pulumi.ComponentResource {
  constructor(
    name: string,
    args: Omit<DigestCommandArgs<"stale">, "drift"> & Held,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("claude-fleet:index:StaleProcesses", name, {}, ownOptions(opts));
    const stale = `${name}-stale`;
    const options = childOptions(this, opts, args.held ? stale : undefined);
    digestCommand(stale, "stale", { ...args, drift: undefined }, options);
    this.registerOutputs({});
  }
}
