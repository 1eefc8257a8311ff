// JSON as Go's encoding/json writes it, because the official provider stores and compares that text.
import type { Value } from "../provider/value.ts";

/** Writes a value as `json.Marshal` does: with sorted keys, without blanks, with HTML characters and line separators escaped. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(sorted(value)) ?? "null";
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * The stored form of a `dataJson`: the same object on one line. What is no JSON object is left as it is, as by the
 * official provider; its write then says what is wrong.
 */
export function normaliseJson(given: string): string {
  try {
    return goJson(parseObject(given));
  } catch {
    return given;
  }
}

/**
 * Reads a JSON object.
 * @throws Error that does not repeat the text: it may hold a secret.
 */
export function parseObject(text: string): Readonly<Record<string, Value>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("dataJson is not JSON: give an object.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("dataJson is not a JSON object: give an object.");
  }
  return value as Readonly<Record<string, Value>>;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
