/** The rules and the dashboard in the folder from which Prometheus and Loki read them. */
import * as pulumi from "@pulumi/pulumi";
import { childOptions, ownOptions } from "./child-options.ts";
import { hostCommand, type HostCommandArgs } from "./host-command.ts";

/** Declares the command that writes the files as the settings render them. Its delete removes them. */
export class MonitoringRules extends pulumi.ComponentResource {
  constructor(name: string, args: HostCommandArgs<"rules">, opts?: pulumi.ComponentResourceOptions) {
    super("claude-fleet:index:MonitoringRules", name, {}, ownOptions(opts));
    hostCommand(`${name}-rules`, "rules", { ...args, onDelete: "remove-rules" }, childOptions(this, opts));
    this.registerOutputs({});
  }
}
