/** Tests which tokens are refused before any call. */
import { describe, expect, it } from "vitest";
import { shapeComplaints } from "../../../../../cli/rotate/steps/check.ts";
import { login, setupToken } from "../../../../support/fakes/login.ts";
import { load } from "../../../../support/plan/fixtures.ts";

const NOW = Date.parse("2026-05-22T03:00:00Z");

describe("a token's shape", () => {
  const [token] = load().tokens;

  it("is right when it cannot be refreshed and has not expired", () => {
    expect(shapeComplaints(setupToken("a"), token!, Date.now())).toEqual([]);
  });

  it("is refused with a refresh token, unless the settings allow it", () => {
    expect(shapeComplaints(login("a"), token!, Date.now())).toEqual([
      expect.stringContaining("carries a refresh token, which works once"),
    ]);
    const allowed = { ...token!, gate: { ...token!.gate, allowRefreshToken: true } };
    expect(shapeComplaints(login("a"), allowed, Date.now())).toEqual([]);
  });

  it("is refused after it has expired", () => {
    expect(shapeComplaints(setupToken("a", { expiresAt: NOW }), token!, NOW)).toEqual([
      "This token expired at 2026-05-22T03:00:00.000Z. Create a new one.",
    ]);
  });
});
