/** JSON with sorted keys: the same data is the same text, so that a diff shows only what changed. */

/** Serialises `value`; keys sorted, `undefined` left out, no white space. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    entry !== null && typeof entry === "object" && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : entry,
  );
}
