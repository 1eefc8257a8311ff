// The wire format of property values: nothing is lost on the way in and out, and no secret loses its mark.
import structpb from "google-protobuf/google/protobuf/struct_pb.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  containsUnknown,
  decode,
  encode,
  UNKNOWN,
} from "../../../../../dev/stand-ins/pulumi-plugins/provider/value.ts";
import type { Path, Value } from "../../../../../dev/stand-ins/pulumi-plugins/provider/value.ts";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

const key = fc
  .string({ minLength: 1, maxLength: 8 })
  .filter((text) => text !== SIGNATURE && text !== "__proto__");
const value = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(UNKNOWN),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

describe("property values", () => {
  it("come back as they were sent", () => {
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true }), (properties) => {
        expect(decode(encode(properties)).values).toEqual(properties);
      }),
    );
  });

  it("keep each secret's place", () => {
    const secrets: Path[] = [["a"], ["b", "c"], ["list", 1]];
    const wire = encode({ a: "x", b: { c: "y", d: "z" }, list: ["p", "q"] }, secrets);
    const back = decode(wire);
    expect(back.values).toEqual({ a: "x", b: { c: "y", d: "z" }, list: ["p", "q"] });
    expect(back.secrets).toEqual(secrets);
    expect(wire.toJavaScript()).toMatchObject({ b: { c: { [SIGNATURE]: SECRET, value: "y" }, d: "z" } });
  });

  it("mark the nearest parent where a secret's own place is gone, and nothing twice", () => {
    const marked = encode({ a: { other: "x" } }, [["a", "gone"], ["missing"], ["a"]]).toJavaScript();
    expect(marked).toEqual({ a: { [SIGNATURE]: SECRET, value: { other: "x" } } });
  });

  it("drop null properties and keep nulls in lists", () => {
    const wire = structpb.Struct.fromJavaScript({ a: null, b: [null, "x"] });
    expect(decode(wire).values).toEqual({ b: [null, "x"] });
  });

  it("refuse assets by name", () => {
    const asset = structpb.Struct.fromJavaScript({
      file: { [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17" },
    });
    expect(() => decode(asset)).toThrow(/Property file is an asset/);
  });

  it("are unknown when anything in them is", () => {
    expect(containsUnknown({ a: ["x", { b: UNKNOWN }] })).toBe(true);
    expect(containsUnknown({ a: ["x", { b: null }] })).toBe(false);
  });
});
