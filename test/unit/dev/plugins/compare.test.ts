// How two plain values differ: the kinds that the official command plugin gives for nulls in a list of triggers.
import { describe, expect, it } from "vitest";
import { compareValues, formatPath } from "../../../../dev/plugins/provider/compare.ts";
import type { Value } from "../../../../dev/plugins/provider/value.ts";

const compare = (old: Value, next: Value) =>
  Object.fromEntries(
    compareValues({ triggers: old }, { triggers: next }).map(({ path, kind }) => [formatPath(path), kind]),
  );

describe("a null", () => {
  it.each<[Value, Value, Record<string, string>]>([
    [[null], [null], {}],
    [[null], [1], { "triggers[0]": "add" }],
    [[1], [null], { "triggers[0]": "delete" }],
    [[null], [], { "triggers[0]": "delete" }],
    [[], [null], { "triggers[0]": "add" }],
    [[null], [{}], { "triggers[0]": "add" }],
    [[{ a: [1, null] }], [{ a: [1, true] }], { "triggers[0].a[1]": "add" }],
    [[[null, 1]], [[1]], { "triggers[0][0]": "add", "triggers[0][1]": "delete" }],
  ])("from %j to %j", (old, next, kinds) => {
    expect(compare(old, next)).toEqual(kinds);
  });
});
