/** Canonical JSON has the bytes that states and hosts store digests of. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson } from "../../../lib/canonical-json.ts";

/** Serialises as the first release did. */
function former(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    entry !== null && typeof entry === "object" && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : entry,
  );
}

it("has the same bytes as in the first release", () => {
  // The former text put keys that are whole numbers first; no stored object has such keys.
  const key = fc.string({ unit: "binary", maxLength: 8 }).filter((name) => !/^\d+$/.test(name));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.array(tie("value")),
      fc.dictionary(key, tie("value")),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, value), (object) => {
      expect(canonicalJson(object)).toBe(former(object));
    }),
  );
});

it("does not depend on the order of keys", () => {
  expect(canonicalJson({ b: [1, { d: undefined, c: "ü\u2028" }], a: null })).toBe(
    '{"a":null,"b":[1,{"c":"ü\u2028"}]}',
  );
});
