/** Arbitrary messages of a schema: every field with ordinary values, with the longest, largest and strangest that it takes. */
import fc from "fast-check";
import * as z from "zod";

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

const NUMBERS = [0, 1, -1, 2 ** 31, 8.64e15, 8.64e15 + 1, Number.MAX_SAFE_INTEGER, -1e300, 1e300, 0.5];
const STRANGE = [
  "",
  "__proto__",
  "\u001b[2J",
  "a\ntoken evil: b",
  "error: so be it",
  "../../x",
  "\u202e",
  "$(reboot)",
];

/** Returns arbitrary messages that `schema` accepts. @param words ordinary texts, such as the names of users and files */
export function anyMessage<T>(schema: z.ZodType<T>, words: readonly string[]): fc.Arbitrary<T> {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  return arbitraryOf(json, words)
    .map((value) => schema.safeParse(value))
    .filter(({ success }) => success)
    .map(({ data }) => data as T);
}

function arbitraryOf(schema: JsonSchema, words: readonly string[]): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => arbitraryOf(one, words)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case "object":
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, arbitraryOf(inner, words)]),
        ),
      );
    case "array":
      return fc.array(arbitraryOf(schema.items ?? {}, words), { maxLength: 4 });
    case "string": {
      if (schema.pattern !== undefined) return fc.stringMatching(new RegExp(schema.pattern));
      const most = Math.min(schema.maxLength ?? 100, 5000);
      return fc.constantFrom(...words, ...STRANGE, "x".repeat(most)).map((text) => text.slice(0, most));
    }
    case "integer":
    case "number": {
      const fits = (value: number) =>
        value >= (schema.minimum ?? -Infinity) &&
        value <= (schema.maximum ?? Infinity) &&
        (schema.type === "number" || Number.isSafeInteger(value));
      return fc.constantFrom(...NUMBERS.filter(fits));
    }
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.constant({});
  }
}
