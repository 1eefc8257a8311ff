/** Which requests the host program accepts, and which field an error names. */
import { describe, expect, test } from "vitest";
import { parseRequest } from "../../../contract/parse-messages.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { fakePlan } from "../../support/fakes/fake-host.ts";
import type { FakeVault } from "../../support/fakes/fake-vault.ts";

const plan = fakePlan({ address: "https://vault" } as FakeVault, ["alice", "john.doe"]);

describe("a request", () => {
  test("of this version is read as it was sent", () => {
    const request = { action: "apply", plan, maxChanges: 25 } as const;
    expect(parseRequest(JSON.stringify(request))).toEqual(request);
  });

  test("of a version that neither bound nor rotated tokens wants neither", () => {
    const { tokenBoundCidrs, rotateTokensAfterSeconds, ...vault } = plan.vault;
    expect([tokenBoundCidrs, rotateTokensAfterSeconds]).toEqual([[], undefined]);
    const request = { action: "apply", plan: { ...plan, vault }, maxChanges: 25 };
    expect(parseRequest(JSON.stringify(request))).toEqual({ ...request, plan });
  });

  test("to remove a fleet accepts the standard input of the apply before it", () => {
    const parsed = parseRequest(JSON.stringify({ action: "remove", plan, maxChanges: 25 }));
    expect(parsed).toEqual({ action: "remove", plan, maxChanges: 25 });
  });

  test.each(["retire", "apply"])("to %s must have the change limit", (action) => {
    expect(() => parseRequest(JSON.stringify({ action, plan }))).toThrow("maxChanges");
  });

  test.each([
    ["no JSON", "{", "is not JSON"],
    ["an unknown action", JSON.stringify({ action: "format-disk", plan }), "action"],
    ["an unknown key", JSON.stringify({ action: "apply", plan: { ...plan, extra: 1 } }), "extra"],
    [
      "another protocol",
      JSON.stringify({ action: "apply", plan: { ...plan, protocol: 99 } }),
      "plan.protocol",
    ],
    [
      "a fleet that is a path",
      JSON.stringify({ action: "apply", plan: { ...plan, fleet: "../x" } }),
      "plan.fleet",
    ],
    ...["../x", "-rf", "a b", "root;id", "__proto__", ".ssh", ""].map((name): [string, string, string] => [
      `the user name ${JSON.stringify(name)}`,
      JSON.stringify({ action: "apply", plan: { ...plan, users: [{ ...plan.users[0], name }] } }),
      "plan.users.0.name",
    ]),
    ...["etc/x", "/etc/../root/x", "/etc//x"].map((path): [string, string, string] => [
      `the path ${path}`,
      JSON.stringify({ action: "apply", plan: { ...plan, files: [{ path, mode: "0644", content: "" }] } }),
      "plan.files.0.path",
    ]),
    ["a mode with set-uid", withFile({ mode: "4755" }), "plan.files.0.mode"],
  ])("with %s is refused, and the error names the field", (_, line, words) => {
    let found: unknown;
    try {
      parseRequest(line);
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(ExpectedError);
    expect((found as ExpectedError).message).toContain(words);
  });

  function withFile(change: object): string {
    const file = { path: "/etc/x", mode: "0644", content: "", ...change };
    return JSON.stringify({ action: "apply", plan: { ...plan, files: [file] } });
  }
});
