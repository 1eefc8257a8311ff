// The fewest removals and insertions that make one list of another.

/** Indexes of what is removed from the old list, and of what is inserted in the new one. */
export interface ListEdits {
  readonly removed: readonly number[];
  readonly inserted: readonly number[];
}

/** The fewest edits; where there is a choice, what comes first is removed first. Takes time by the product of the lengths. */
export function editList<T>(
  old: readonly T[],
  next: readonly T[],
  equal: (left: T, right: T) => boolean,
): ListEdits {
  const cost = edits(old, next, equal);
  const at = (i: number, j: number) => cost[i]?.[j] ?? Infinity;
  const removed: number[] = [];
  const inserted: number[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < next.length) {
    if (at(i + 1, j) + 1 === at(i, j)) removed.push(i++);
    else if (at(i, j + 1) + 1 === at(i, j)) inserted.push(j++);
    else [i, j] = [i + 1, j + 1];
  }
  return { removed, inserted };
}

/** How many edits the rest of the lists needs, from each pair of places on. */
function edits<T>(old: readonly T[], next: readonly T[], equal: (left: T, right: T) => boolean): number[][] {
  const cost = Array.from({ length: old.length + 1 }, () => new Array<number>(next.length + 1).fill(0));
  const at = (i: number, j: number) => cost[i]?.[j] ?? Infinity;
  for (let i = old.length; i >= 0; i--) {
    const row = cost[i];
    if (row === undefined) continue;
    for (let j = next.length; j >= 0; j--) {
      const [left, right] = [old[i], next[j]];
      if (i === old.length && j === next.length) continue;
      const edit = 1 + Math.min(at(i + 1, j), at(i, j + 1));
      const keep = i < old.length && j < next.length && equal(left as T, right as T);
      row[j] = keep ? Math.min(edit, at(i + 1, j + 1)) : edit;
    }
  }
  return cost;
}
