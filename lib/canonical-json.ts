/** JSON with sorted keys: equal data gives equal text, so that a diff shows only changes. */
import { isMapping } from "./is-mapping.ts";
import { compareText } from "./order.ts";

/** Serialises `value` with sorted keys, without `undefined` and without white space. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    isMapping(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => compareText(a, b)))
      : entry,
  );
}
