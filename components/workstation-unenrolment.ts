/** The unenrolment of users whom the roster no longer has on one workstation. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { CommandInput } from "../contract/command-input.ts";
import { childOptions, ownOptions } from "./child-options.ts";
import { hostCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link WorkstationUnenrolment}. */
export interface WorkstationUnenrolmentArgs {
  /** How the host and Vault are reached, and the host's plan without what only `apply` needs. */
  readonly request: CommandInput<"retire">;
  /** Users that stay, sorted. */
  readonly users: readonly string[];
  /** Names users that are still enrolled on the host. */
  readonly drift: Drift;
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
    this.command = hostCommand(
      `${name}-retire`,
      {
        action: "retire",
        request: args.request,
        entries: Object.fromEntries(args.users.map((user) => [`user ${user}`, "stays"])),
        drift: args.drift,
      },
      childOptions(this, opts),
    );
    this.registerOutputs({});
  }
}
