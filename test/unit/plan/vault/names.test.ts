/** Names that a fleet owns in Vault. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { displayName } from "../../../../plan/vault/names.ts";

it("display names hold only what Vault leaves alone, and differ where users do", () => {
  expect(displayName("prod", "john.doe")).toBe("claude-prod-john-2edoe");
  const name = fc.stringMatching(/^[a-z_][a-z0-9._-]{0,30}$/);
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(displayName("prod", a)).toMatch(/^[a-z0-9-]+[a-z0-9]$/);
      expect(displayName("prod", a) === displayName("prod", b)).toBe(a === b);
    }),
  );
});
