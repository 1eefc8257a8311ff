/** One workstation: its program, units and timers, and the enrolment of its users. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { CommandInput } from "../contract/command-input.ts";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import { hostCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link Workstation}. */
export interface WorkstationArgs extends Held {
  /** How the host and Vault are reached, and the host's plan. */
  readonly request: CommandInput<"apply">;
  /** Short digests of the plan's parts, by user and file name. */
  readonly entries: Readonly<Record<string, string>>;
  /** Why the plan is applied although it is the same. */
  readonly drift: Drift;
}

/**
 * Declares the command that applies a workstation's plan. One command serves all users of the host: many parallel ssh
 * sessions to one host fail (MaxSessions and MaxStartups of sshd), and a resource for each user makes the engine slow.
 * Its delete unenrols every user and removes the fleet's files.
 */
export class Workstation extends pulumi.ComponentResource {
  /** Succeeds when the plan is applied. Its output names the users and the accessors of their tokens. */
  readonly command: command.local.Command;

  constructor(name: string, args: WorkstationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:Workstation", name, {}, ownOptions(opts));
    this.command = hostCommand(
      `${name}-apply`,
      {
        action: "apply",
        onDelete: "remove",
        request: args.request,
        entries: args.entries,
        drift: args.drift,
      },
      childOptions(this, opts, args.held ? name : undefined),
    );
    this.registerOutputs({});
  }
}
