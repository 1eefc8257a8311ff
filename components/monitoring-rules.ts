/** The rules and the dashboard in the folder from which Prometheus and Loki read them. */
import * as pulumi from "@pulumi/pulumi";
import type { CommandInput } from "../contract/command-input.ts";
import { childOptions, ownOptions } from "./child-options.ts";
import { hostCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link MonitoringRules}. */
export interface MonitoringRulesArgs {
  /** How the host is reached, and the files. */
  readonly request: CommandInput<"rules">;
  /** Short digests by file name. */
  readonly entries: Readonly<Record<string, string>>;
  /** Why the files are written although they are the same. */
  readonly drift: Drift;
}

/** Declares the command that writes the files as the settings render them. Its delete removes them. */
export class MonitoringRules extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringRulesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:MonitoringRules", name, {}, ownOptions(opts));
    hostCommand(
      `${name}-rules`,
      { action: "rules", onDelete: "remove-rules", ...args },
      childOptions(this, opts),
    );
    this.registerOutputs({});
  }
}
