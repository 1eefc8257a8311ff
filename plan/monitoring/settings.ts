/** What of a stack's settings the rules depend on. Pure. */
import type { FleetPlan } from "../model.ts";

/** Times in seconds. */
export interface RuleSettings {
  readonly everySeconds: number;
  readonly spreadSeconds: number;
  readonly claudeWaitSeconds: number;
  readonly tokenPeriodSeconds: number;
  /** Vault's KV mount, and the folder of the users' entries in it. */
  readonly mount: string;
  readonly prefix: string;
  /** Where the handbook is read; the alert's section is added to it. */
  readonly runbook: string;
}

/** The defaults of the settings; what the files in monitoring/ are rendered with. */
export const DEFAULT_RULE_SETTINGS: RuleSettings = {
  everySeconds: 6 * 3600,
  spreadSeconds: 30 * 60,
  claudeWaitSeconds: 15 * 60,
  tokenPeriodSeconds: 32 * 86_400,
  mount: "secret",
  prefix: "workstation/claude-users",
  runbook: "docs/operations.md",
};

/** Those of a stack. @param runbook another place of the handbook than the settings name */
export function ruleSettings(
  { renewal, vault, monitoring }: FleetPlan,
  runbook = monitoring?.runbook ?? DEFAULT_RULE_SETTINGS.runbook,
): RuleSettings {
  const { everySeconds, spreadSeconds, claudeWaitSeconds } = renewal;
  const { tokenPeriodSeconds, mount, prefix } = vault;
  return { everySeconds, spreadSeconds, claudeWaitSeconds, tokenPeriodSeconds, mount, prefix, runbook };
}
