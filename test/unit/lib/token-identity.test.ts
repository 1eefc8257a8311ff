/** When a token counts as a user's own. */
import { expect, test } from "vitest";
import { bindingDifference, staleness, tokenDifference } from "../../../lib/token-identity.ts";
import type { TokenInfo } from "../../../lib/vault-token-schema.ts";

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
  ageSeconds: 60,
  boundCidrs: [],
  meta: { fleet: "dev", user: "alice", host: "devvm" },
};

test("a token is good with the period of the fleet's role, and with its own period", () => {
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

const DAY = 86_400;
const bound = ["10.0.0.0/8", "192.0.2.7"];

test.each([
  ["young enough", { ageSeconds: 30 * DAY - 1 }, { rotateAfterSeconds: 30 * DAY }, undefined],
  ["too old", { ageSeconds: 30 * DAY }, { rotateAfterSeconds: 30 * DAY }, "it is older than 30d"],
  ["old, and nobody minds", { ageSeconds: 3000 * DAY }, {}, undefined],
  ["of an age that Vault does not tell", { ageSeconds: undefined }, { rotateAfterSeconds: DAY }, undefined],
  ["bound as it shall be", { boundCidrs: bound }, { boundCidrs: bound }, undefined],
  [
    "bound to nothing",
    {},
    { boundCidrs: bound },
    "it is bound to no network instead of 10.0.0.0/8, 192.0.2.7",
  ],
  [
    "bound though it shall not",
    { boundCidrs: bound },
    {},
    "it is bound to 10.0.0.0/8, 192.0.2.7 instead of no network",
  ],
  [
    "bound elsewhere, and old",
    { boundCidrs: ["192.0.2.7"], ageSeconds: DAY },
    { boundCidrs: bound, rotateAfterSeconds: DAY },
    "it is bound to 192.0.2.7 instead of 10.0.0.0/8, 192.0.2.7",
  ],
])("a token that is %s", (_, token, wishes, expected) => {
  const wanted = { boundCidrs: [], rotateAfterSeconds: undefined, ...wishes };
  expect(staleness({ ...good, ...token }, wanted)).toBe(expected);
});

test("the networks of a token do not decide whose it is", () => {
  const token = { ...good, boundCidrs: bound, ageSeconds: 3000 * DAY };
  expect(tokenDifference(token, wanted)).toBeUndefined();
  expect(bindingDifference(token, bound)).toBeUndefined();
  expect(bindingDifference(token, [])).toContain("instead of no network");
});
