/** Tests what the operator's machine must have before a token is created. */
import { describe, expect, it } from "vitest";
import { accountComplaint, terminalProblems } from "../../../../../cli/rotate/steps/prerequisites.ts";

describe("before a token is created", () => {
  const wanted = { email: "platform@example.com", organization: "00000000-0000-4000-8000-000000000000" };
  const found = { loggedIn: true, email: "Platform@example.com", orgId: wanted.organization };

  it("the right account must be signed in", () => {
    expect(accountComplaint(found, wanted)).toBeUndefined();
    expect(accountComplaint(found, { email: undefined, organization: undefined })).toBeUndefined();
    expect(accountComplaint({ ...found, email: "me@example.com" }, wanted)).toBe(
      "me@example.com is signed in to Claude Code here instead of platform@example.com. Run `claude auth login --claudeai --email platform@example.com`.",
    );
    expect(accountComplaint({ ...found, orgId: "another" }, wanted)).toContain("the organisation another");
    expect(accountComplaint({ loggedIn: false }, wanted)).toContain("No account is signed in");
  });

  it("there must be a terminal, outside of any Claude Code session", () => {
    expect(terminalProblems({}, true)).toEqual([]);
    expect(terminalProblems({}, false)).toEqual([expect.stringContaining("needs a terminal")]);
    expect(terminalProblems({ CLAUDECODE: "1" }, true)).toEqual([
      expect.stringContaining("inside a Claude Code session"),
    ]);
  });
});
