/** Selects the settings of a stack that the rules depend on. */
import type { FleetPlan } from "../model.ts";

/** Settings of the rules. Times are seconds. */
export interface RuleSettings
  extends
    Pick<FleetPlan["renewal"], "everySeconds" | "spreadSeconds" | "claudeWaitSeconds">,
    Pick<FleetPlan["vault"], "tokenPeriodSeconds" | "mount" | "prefix"> {
  /** Where people read docs/reference/alerts.md. Each alert links to its section there. */
  readonly runbook: string;
}

/** The defaults of the settings. The files in monitoring/ are rendered with them. */
export const DEFAULT_RULE_SETTINGS: RuleSettings = {
  everySeconds: 6 * 3600,
  spreadSeconds: 30 * 60,
  claudeWaitSeconds: 15 * 60,
  tokenPeriodSeconds: 32 * 86_400,
  mount: "secret",
  prefix: "workstation/claude-users",
  runbook: "docs/reference/alerts.md",
};

/** Returns the settings of a stack. @param runbook replaces the place that the settings name */
export function ruleSettings(
  { renewal, vault, monitoring }: FleetPlan,
  runbook = monitoring?.runbook ?? DEFAULT_RULE_SETTINGS.runbook,
): RuleSettings {
  const { everySeconds, spreadSeconds, claudeWaitSeconds } = renewal;
  const { tokenPeriodSeconds, mount, prefix } = vault;
  return { everySeconds, spreadSeconds, claudeWaitSeconds, tokenPeriodSeconds, mount, prefix, runbook };
}
