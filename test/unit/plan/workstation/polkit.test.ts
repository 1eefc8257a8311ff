/** The polkit rule, run as polkit runs it: with a `polkit` object and nothing else. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { polkitRules } from "../../../../plan/workstation/polkit.ts";

type Rule = (
  action: { id: string; lookup(key: string): string | undefined },
  subject: { user: string },
) => unknown;

/** Returns what the rule says. Undefined: other rules decide. */
function decide(user: string, details: Readonly<Record<string, string>>, id = MANAGE): unknown {
  const rules: Rule[] = [];
  const polkit = { Result: { YES: "yes" }, addRule: (rule: Rule) => rules.push(rule) };
  runInNewContext(polkitRules(), { polkit });
  expect(rules).toHaveLength(1);
  return rules[0]?.({ id, lookup: (key) => details[key] }, { user });
}

const MANAGE = "org.freedesktop.systemd1.manage-units";
const start = (unit: string) => ({ verb: "start", unit });

describe("a user", () => {
  it.each(["alice", "john.doe", "anca_elena98"])("may start the proof of their own login: %s", (user) => {
    expect(decide(user, start(`claude-auth-sync@${user}.service`))).toBe("yes");
  });

  it.each<[string, Readonly<Record<string, string>>, string?]>([
    ["the service of another user", start("claude-auth-sync@bob.service")],
    ["the service of a user whose name begins alike", start("claude-auth-sync@alice2.service")],
    ["the template", start("claude-auth-sync@.service")],
    ["their own backup", start("claude-auth-sync-backup@alice.service")],
    ["their own timer", start("claude-auth-sync@alice.timer")],
    ["another service", start("ssh.service")],
    ["a start without a unit", { verb: "start" }],
    ["an old systemd without details", {}],
    [
      "by another action",
      start("claude-auth-sync@alice.service"),
      "org.freedesktop.systemd1.manage-unit-files",
    ],
    ...["stop", "restart", "reload", "kill", "set-property", "reset-failed"].map(
      (verb): [string, Readonly<Record<string, string>>] => [
        `by ${verb}`,
        { verb, unit: "claude-auth-sync@alice.service" },
      ],
    ),
  ])("is allowed nothing more: %s", (_, details, id) => {
    expect(decide("alice", details, id)).toBeUndefined();
  });
});
