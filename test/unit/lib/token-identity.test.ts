/** A token is a user's own only if everything about it fits. */
import { expect, test } from "vitest";
import { tokenDifference } from "../../../lib/token-identity.ts";
import type { TokenInfo } from "../../../lib/vault-client.ts";

const wanted = {
  fleet: "dev",
  user: "alice",
  host: "devvm",
  policy: "claude-dev-alice",
  role: "claude-dev",
  periodSeconds: 2_764_800,
};
const good: TokenInfo = {
  accessor: "a",
  policies: ["claude-dev-alice"],
  orphan: true,
  periodSeconds: 0,
  maxTtlSeconds: 0,
  role: "claude-dev",
  ttlSeconds: 5,
  meta: { fleet: "dev", user: "alice", host: "devvm" },
};

test("a token of the fleet's role is good, and so is one with the period of its own", () => {
  expect(tokenDifference(good, wanted)).toBeUndefined();
  expect(tokenDifference({ ...good, role: "", periodSeconds: 2_764_800 }, wanted)).toBeUndefined();
});

test.each([
  [{ meta: { ...good.meta, user: "bob" } }, 'its user is "bob", not "alice"'],
  [{ meta: { ...good.meta, host: "other" } }, 'its host is "other", not "devvm"'],
  [{ meta: {} }, 'its fleet is not named, not "dev"'],
  [{ policies: ["claude-dev-alice", "default"] }, "its policies are [claude-dev-alice, default]"],
  [{ policies: [] }, "its policies are []"],
  [{ orphan: false }, "it is not an orphan"],
  [{ maxTtlSeconds: 60 }, "it ends after 60 s"],
  [{ role: "other" }, "its period is 0 s"],
  [{ periodSeconds: 60 }, "its period is 60 s"],
])("%j differs", (change, words) => {
  expect(tokenDifference({ ...good, ...change }, wanted)).toContain(words);
});
