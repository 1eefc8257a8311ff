/** The rules and the dashboard where Prometheus and Loki read them, as a single command. */
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions } from "./child-options.ts";
import type { CommandInput } from "../contract/command-input.ts";
import { hostCommand, type Drift } from "./host-command.ts";

/** Arguments of {@link MonitoringRules}. */
export interface MonitoringRulesArgs {
  /** Connection and files. */
  readonly request: CommandInput<"rules">;
  /** Short digests by file name. */
  readonly entries: Readonly<Record<string, string>>;
  readonly drift: Drift;
}

/** Keeps the files as the settings render them; they go when the setting goes. Another folder is another resource's. */
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
