/** Which token `claude-fleet rollout` is about, and what of the stack it touches. */
import { describe, expect, test } from "vitest";
import { targetsOf } from "../../../cli/rollout.ts";
import { chooseToken } from "../../../cli/stack/find-token.ts";
import { load, STACK } from "../../support/plan/fixtures.ts";

const one = load();
const entry = /^ {4}platform:\n[^]*$/m.exec(STACK)?.[0] ?? "";
const two = load({
  stack:
    STACK +
    entry
      .replace("platform:", "other:")
      .replaceAll("/srv/claude", "/srv/other")
      .replace("one-container", "two"),
});

/** As the engine reads a target: `*` is anything but a colon, `**` anything at all. */
function globOf(target: string): RegExp {
  const literal = (text: string) => text.replace(/[$.^+?()[\]{}|\\]/g, "\\$&");
  const parts = target.split("**").map((part) => part.split("*").map(literal).join("[^:]*"));
  return new RegExp(`^${parts.join(".*")}$`);
}

describe("claude-fleet rollout", () => {
  test("needs no name where there is one token", () => {
    expect(chooseToken(one, undefined).name).toBe("platform");
    expect(chooseToken(two, "other").name).toBe("other");
  });

  test.each<[string, typeof one, string | undefined, string]>([
    [
      "names those to choose from",
      two,
      undefined,
      "The stack has several tokens. Name one of other, platform.",
    ],
    ["names those that there are", one, "platfrom", "There is no token platfrom. There are: platform."],
    [
      "says where to add the first",
      { ...one, tokens: [] },
      undefined,
      "The stack has no token. Add one to claude-fleet:tokens.",
    ],
  ])("%s", (_, plan, name, message) => {
    expect(() => chooseToken(plan, name)).toThrow(message);
  });

  test("tells pulumi of that token's own resources alone", () => {
    const targets = targetsOf(chooseToken(two, "platform")).filter((word) => word !== "--target");
    const matches = (urn: string) => targets.some((target) => globOf(target).test(urn));
    const base = "urn:pulumi:prod::claude-fleet::";
    const gate = "claude-fleet:index:TokenGate";
    expect(matches(`${base}${gate}::platform`)).toBe(true);
    expect(matches(`${base}${gate}$command:local:Command::platform-gate`)).toBe(true);
    expect(
      matches(
        `${base}claude-fleet:index:TokenConsumer$docker:index/container:Container::platform/one-container`,
      ),
    ).toBe(true);
    expect(matches(`${base}claude-fleet:index:StaleProcesses$command:local:Command::platform-stale`)).toBe(
      true,
    );
    expect(matches(`${base}${gate}$command:local:Command::other-gate`)).toBe(false);
    expect(matches(`${base}claude-fleet:index:Workstation::platform`)).toBe(false);
  });
});
