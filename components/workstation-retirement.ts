/** Retires from one workstation the users that the roster no longer has there. Comes before they are enrolled elsewhere. */
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { CommandInput } from "../contract/command-input.ts";
import { hostCommand, type Drift } from "./host-command.ts";
import { childOptions, ownOptions } from "./child-options.ts";

/** Arguments of {@link WorkstationRetirement}. */
export interface WorkstationRetirementArgs {
  /** Connection and plan of the host, without what only `apply` needs. */
  readonly request: CommandInput<"retire">;
  /** Users that stay, sorted. */
  readonly users: readonly string[];
  readonly drift: Drift;
}

/**
 * Stops the timers of users that left, removes their tokens from the host and revokes them. Their homes and their
 * backups in Vault stay. A retirement waits for nobody, so two users who swap hosts need not wait for each other.
 */
export class WorkstationRetirement extends pulumi.ComponentResource {
  readonly command: command.local.Command;

  constructor(name: string, args: WorkstationRetirementArgs, opts?: pulumi.ComponentResourceOptions) {
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
