/** Sorts names in the same order on every machine and in every locale. */

/** Compares by UTF-16 code units, unlike `localeCompare`, whose order depends on the machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Returns a copy, sorted by name. */
export function sortedByName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  return entries.toSorted((a, b) => compareText(a.name, b.name));
}
