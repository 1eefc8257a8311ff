/** When a login ends. */
import { expect, test } from "vitest";
import { loginExpiry } from "../../../../agent/decision/status.ts";
import { freshAgentState } from "../../../../contract/agent-state.ts";
import { NOW, stateAfter, usable } from "../../../support/fakes/facts.ts";

const DAY = 86_400_000;
const LATER = NOW + 40 * DAY;

test("the end of a login is read, kept or estimated, and dropped when the login outlives it", () => {
  expect(loginExpiry(freshAgentState(), LATER)).toEqual({ at: null, estimated: false });
  const known = stateAfter(usable("a"));
  expect(loginExpiry(known, LATER)).toEqual({ at: NOW + 20 * DAY, estimated: false });
  expect(loginExpiry({ ...known, lastSuccessAt: NOW + 21 * DAY }, LATER).at).toBe(NOW + 20 * DAY);
  expect(loginExpiry({ ...known, lastRefreshProvenAt: NOW + 21 * DAY }, LATER).at).toBeNull();
  const bare = stateAfter(usable("a", { loginExpiresAt: undefined }));
  expect(loginExpiry(bare, LATER)).toEqual({ at: NOW + 30 * DAY, estimated: true });
  expect(loginExpiry({ ...bare, lastSuccessAt: NOW + 31 * DAY }, LATER).at).toBeNull();
  const token = stateAfter(usable("a", { credential: "setup-token" }));
  expect(loginExpiry(token, LATER)).toEqual({ at: NOW + 365 * DAY, estimated: true });
  // The clock was ahead when these moments were stored. They cannot lie in the future.
  expect(loginExpiry({ ...known, lastRefreshProvenAt: LATER }, NOW).at).toBe(NOW + 20 * DAY);
  expect(loginExpiry({ ...bare, lastSuccessAt: LATER }, NOW).at).toBe(NOW + 30 * DAY);
  const ahead = bare.login && { ...bare.login, firstSeenAt: LATER };
  expect(loginExpiry({ ...bare, login: ahead }, NOW)).toEqual({ at: NOW + 30 * DAY, estimated: true });
});
