/** One workstation: its program, units and timers, and the enrolment of its users. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions, type Held } from "./child-options.ts";
import { hostCommand, type HostCommandArgs } from "./host-command.ts";

/**
 * Declares the command that applies a workstation's plan. One command serves all users of the host: many parallel ssh
 * sessions to one host fail (MaxSessions and MaxStartups of sshd), and a resource for each user makes the engine slow.
 * Its delete unenrols every user and removes the fleet's files.
 */
export class Workstation extends pulumi.ComponentResource {
  /** Succeeds when the plan is applied. Its output names the users and the accessors of their tokens. */
  readonly command: command.local.Command;

  constructor(name: string, args: HostCommandArgs<"apply"> & Held, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:Workstation", name, {}, ownOptions(opts));
    const options = childOptions(this, opts, args.held ? name : undefined);
    this.command = hostCommand(`${name}-apply`, "apply", { ...args, onDelete: "remove" }, options);
    this.registerOutputs({});
  }
}
