/** Whose login it is. */
import { describe, expect, test } from "vitest";
import { identityIn, mismatch } from "../../../../agent/decision/identity.ts";
import { NOW, owner } from "../../../support/fakes/facts.ts";

describe("identity", () => {
  const text = (changes: object = {}) =>
    JSON.stringify({
      oauthAccount: {
        emailAddress: "Alice@example.com",
        organizationUuid: "org-1",
        profileFetchedAt: NOW,
        ...changes,
      },
    });
  const during = (text_: string, from: number, to: number, longest = NOW) =>
    identityIn(text_, { from, to, longest });
  test("counts only when the CLI fetched it during the probe", () => {
    expect(during(text(), NOW - 1, NOW + 1)).toEqual({
      email: "Alice@example.com",
      organization: "org-1",
    });
    expect(during(text(), NOW + 1, NOW + 2)).toBeUndefined();
    expect(during(text(), NOW - 2, NOW - 1)).toBeUndefined();
    expect(during(text({ profileFetchedAt: undefined }), 0, NOW)).toBeUndefined();
    for (const odd of ["", "[]", "{}", "not JSON"]) expect(during(odd, 0, NOW)).toBeUndefined();
  });

  test("is unknown when the clock was set during the probe", () => {
    expect(during(text(), NOW - 1000, NOW + 1000, 2000)).toBeDefined();
    expect(during(text(), NOW - 1000, NOW + 1001, 2000)).toBeUndefined();
    expect(during(text(), NOW + 1, NOW - 1)).toBeUndefined();
  });

  test("differs by address or by organization, and the sentence names both", () => {
    const found = { email: "ALICE@example.com", organization: "org-1" };
    expect(mismatch(owner, found)).toBeUndefined();
    expect(mismatch(owner, { ...found, email: "bob@x" })).toMatch(/bob@x.*alice@example\.com/);
    expect(mismatch({ ...owner, organization: "ORG-1" }, found)).toBeUndefined();
    expect(mismatch({ ...owner, organization: "org-2" }, found)).toMatch(/org-1.*org-2/);
    expect(mismatch({ ...owner, organization: "org-2" }, { ...found, organization: null })).toBeUndefined();
  });
});
