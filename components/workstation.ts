/** One workstation: its program, units and timers, and the enrolment of its users, as a single command. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { CommandInput } from "../contract/command-input.ts";
import { hostCommand, type Drift } from "./host-command.ts";
import { childOptions, ownOptions, type Held } from "./child-options.ts";

/** Arguments of {@link Workstation}. */
export interface WorkstationArgs extends Held {
  /** Connection and plan of the host. */
  readonly request: CommandInput<"apply">;
  /** Short digests of what the plan has: one entry a user and file. */
  readonly entries: Readonly<Record<string, string>>;
  readonly drift: Drift;
}

/**
 * Applies a workstation's plan. One command serves all users of the host: parallel ssh sessions to one host fail
 * (sshd's MaxSessions and MaxStartups), and state with a resource a user is slow. When the workstation leaves the
 * roster, its delete retires every user and removes the fleet's files.
 */
export class Workstation extends pulumi.ComponentResource {
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
