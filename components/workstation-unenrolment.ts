/** The unenrolment of users whom the roster no longer has on one workstation. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions } from "./child-options.ts";
import { hostCommand, type HostCommandArgs } from "./host-command.ts";

/** Arguments of {@link WorkstationUnenrolment}. The request has the host's plan without what only `apply` needs. */
export interface WorkstationUnenrolmentArgs extends HostCommandArgs<"retire"> {
  /** Users that stay, sorted. */
  readonly users: readonly string[];
}

/**
 * Declares the command that stops the timers of users who left, removes their tokens from the host and revokes them.
 * Homes, and backups in Vault, stay. An unenrolment waits for nothing, so two users who swap hosts do not wait for each
 * other. It comes before the users are enrolled elsewhere.
 */
export class WorkstationUnenrolment extends pulumi.ComponentResource {
  /** Succeeds when the users are unenrolled. */
  readonly command: command.local.Command;

  constructor(name: string, args: WorkstationUnenrolmentArgs, opts?: pulumi.ComponentResourceOptions) {
    // States hold this type and the resource's name, which have the former word for an unenrolment.
    super("claude-fleet:index:WorkstationRetirement", name, {}, ownOptions(opts));
    const entries = Object.fromEntries(args.users.map((user) => [`user ${user}`, "stays"]));
    this.command = hostCommand(`${name}-retire`, "retire", { ...args, entries }, childOptions(this, opts));
    this.registerOutputs({});
  }
}
