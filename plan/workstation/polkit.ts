/** The rule that lets people start the proof of their own login, and nothing else. */
import { SERVICE_UNIT } from "../units/names.ts";

/** Where polkit reads rules of the machine's administrator. */
export const POLKIT_RULES = "/etc/polkit-1/rules.d/50-claude-fleet.rules";

/**
 * Text of the rule. systemd names unit and verb since version 226, and an unknown detail is `undefined`, which equals
 * nothing; whatever this rule does not allow is decided by the others, as without it.
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
