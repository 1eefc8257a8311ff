/** When a login ends. */
import { expect, test } from "vitest";
import { loginExpiry } from "../../../../agent/decision/status.ts";
import { freshAgentState } from "../../../../contract/agent-state.ts";
import { NOW, stateAfter, usable } from "../../../support/fakes/facts.ts";

const DAY = 86_400_000;

test("the end of a login is read, kept or estimated, and dropped when the login outlives it", () => {
  expect(loginExpiry(freshAgentState())).toEqual({ at: null, estimated: false });
  const known = stateAfter(usable("a"));
  expect(loginExpiry(known)).toEqual({ at: NOW + 20 * DAY, estimated: false });
  expect(loginExpiry({ ...known, lastSuccessAt: NOW + 21 * DAY }).at).toBe(NOW + 20 * DAY);
  expect(loginExpiry({ ...known, lastRefreshProvenAt: NOW + 21 * DAY }).at).toBeNull();
  const bare = stateAfter(usable("a", { loginExpiresAt: undefined }));
  expect(loginExpiry(bare)).toEqual({ at: NOW + 30 * DAY, estimated: true });
  expect(loginExpiry({ ...bare, lastSuccessAt: NOW + 31 * DAY }).at).toBeNull();
  const token = stateAfter(usable("a", { credential: "setup-token" }));
  expect(loginExpiry(token)).toEqual({ at: NOW + 365 * DAY, estimated: true });
});
