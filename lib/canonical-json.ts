/** JSON with sorted keys: equal data gives equal text, so that a diff shows only changes. */
import { configure } from "safe-stable-stringify";

const stringify = configure({ deterministic: true, circularValue: TypeError });

/**
 * Serialises `value` with sorted keys, without `undefined` and without white space. States and hosts store digests of the
 * text, so it must never change for the same value.
 */
export function canonicalJson(value: unknown): string {
  return stringify(value) ?? "null";
}
