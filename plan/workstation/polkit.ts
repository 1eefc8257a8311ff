/** Renders the polkit rule that lets users start the proof of their own login. */
import { SERVICE_UNIT } from "../units/names.ts";

/** Where polkit reads the rules of the machine's administrator. */
export const POLKIT_RULES = "/etc/polkit-1/rules.d/50-claude-fleet.rules";

/**
 * Returns the text of the rule. systemd names unit and verb since version 226. An older systemd leaves both `undefined`, so
 * the rule allows nothing. Other rules decide what this rule does not allow.
 * Source: https://www.freedesktop.org/software/polkit/docs/latest/polkit.8.html
 */
export function polkitRules(): string {
  const [before, after] = SERVICE_UNIT.split("@");
  return `// Written by claude-fleet, which undoes edits.
// Lets each user start, and nothing but start, the proof of their own Claude Code login:
//   systemctl start ${before}@$(id -un)${after}
polkit.addRule(function (action, subject) {
  if (
    action.id === "org.freedesktop.systemd1.manage-units" &&
    action.lookup("verb") === "start" &&
    action.lookup("unit") === "${before}@" + subject.user + "${after}"
  ) {
    return polkit.Result.YES;
  }
});
`;
}
