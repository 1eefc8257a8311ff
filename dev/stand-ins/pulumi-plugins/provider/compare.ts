// Compares two states of a resource by its table: which properties differ, where exactly, and whether that replaces it.
import { canonical, effective, isSame } from "./canonical.ts";
import { isMark, isReserved } from "./check.ts";
import { editList } from "./list-edits.ts";
import type { Field, Property, Shape, Table } from "./table.ts";
import { isList, isMap, UNKNOWN } from "./value.ts";
import type { Path, Properties, Value } from "./value.ts";

/** What happens to a value between two states. */
type ChangeKind = "add" | "delete" | "update";

/** One differing value. */
export interface Change {
  readonly path: Path;
  readonly kind: ChangeKind;
  readonly replaces: boolean;
}

/** The differences between a resource's state and what is planned for it, by the table's rules. */
export function compareByTable(table: Table, state: Properties, planned: Properties): readonly Change[] {
  const changes: Change[] = [];
  for (const [name, property] of Object.entries(table.properties)) {
    const old = state[name];
    const next = planned[name];
    if (property.outputOnly === true && !(old === undefined && next === UNKNOWN)) continue;
    if (property.unordered === true && isReordered(property.shape, old, next)) continue;
    const replaces =
      property.replaces === true || (property.replaces === "number" && isRebuilt(property, old, next));
    for (const change of compareField(property, old, next, [name])) changes.push({ ...change, replaces });
  }
  return changes;
}

/** The differences between two property maps, by nothing but their values. */
export function compareValues(old: Properties, next: Properties): readonly Omit<Change, "replaces">[] {
  const shape: Shape = { kind: "any" };
  const names = new Set([...Object.keys(old), ...Object.keys(next)].filter((key) => !isReserved(key)));
  return [...names].flatMap((name) => compareShape(shape, old[name], next[name], [name]));
}

function compareField(field: Field, given: Value | undefined, wanted: Value | undefined, at: Path) {
  const old = effective(field, given);
  const next = effective(field, wanted);
  // What the server chose stays, inside of an element too.
  if (next === undefined && field.computed === true && at.length > 1) return [];
  return isSame(field.shape, old, next) ? [] : compareShape(field.shape, old, next, at);
}

type Difference = Omit<Change, "replaces">;

function compareShape(
  shape: Shape,
  old: Value | undefined,
  next: Value | undefined,
  at: Path,
): readonly Difference[] {
  if (isSame(shape, old, next)) return [];
  if (next === undefined) return [{ path: at, kind: "delete" }];
  if (isAbsent(shape, old)) return [{ path: at, kind: "add" }];
  if (isAbsent(shape, next)) return [{ path: at, kind: "delete" }];
  if (isList(old) && isList(next)) {
    const of = "of" in shape ? shape.of : shape;
    if (shape.kind === "set") return compareSets(of, old, next, at);
    return isScalar(of) ? compareScalars(of, old, next, at) : compareLists(of, old, next, at);
  }
  if (isMap(old) && isMap(next)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter((key) => !isMark(key));
    if (shape.kind === "object") {
      return keys.flatMap((key) => {
        const field = shape.fields[key];
        return field === undefined ? [] : compareField(field, old[key], next[key], [...at, key]);
      });
    }
    if (shape.kind === "map")
      return keys.flatMap((key) => compareKey(shape.of, old[key], next[key], [...at, key]));
    return keys.flatMap((key) => compareShape(shape, old[key], next[key], [...at, key]));
  }
  return [{ path: at, kind: "update" }];
}

/** A key of a map is there whatever its value says. */
function compareKey(
  of: Shape,
  old: Value | undefined,
  next: Value | undefined,
  at: Path,
): readonly Difference[] {
  if (old === undefined) return [{ path: at, kind: "add" }];
  return next === undefined ? [{ path: at, kind: "delete" }] : compareShape(of, old, next, at);
}

function isScalar(shape: Shape): boolean {
  return shape.kind === "string" || shape.kind === "integer" || shape.kind === "boolean";
}

/** Lists of plain values differ by the fewest removals and insertions. */
function compareScalars(of: Shape, old: readonly Value[], next: readonly Value[], at: Path): Difference[] {
  const { removed, inserted } = editList(old, next, (left, right) => isSame(of, left, right));
  return changesAt(removed, inserted, at);
}

/** What happens at each index, where elements went and came. */
function changesAt(removed: readonly number[], added: readonly number[], at: Path): Difference[] {
  const both = added.filter((index) => removed.includes(index));
  const rest = (indexes: readonly number[]) => indexes.filter((index) => !both.includes(index));
  return [
    ...both.map((index): Difference => ({ path: [...at, index], kind: "update" })),
    ...rest(removed).map((index): Difference => ({ path: [...at, index], kind: "delete" })),
    ...rest(added).map((index): Difference => ({ path: [...at, index], kind: "add" })),
  ];
}

function compareLists(of: Shape, old: readonly Value[], next: readonly Value[], at: Path): Difference[] {
  const length = Math.max(old.length, next.length);
  return Array.from({ length }).flatMap((_, index) =>
    compareShape(of, old[index], next[index], [...at, index]),
  );
}

/** The elements that the other side has not, by index. */
function elementChanges(of: Shape, old: readonly Value[], next: readonly Value[]) {
  const had = new Set(old.map((item) => canonical(of, item)));
  const wanted = new Set(next.map((item) => canonical(of, item)));
  const removed = [...old.keys()].filter((index) => !wanted.has(canonical(of, old[index])));
  const added = [...next.keys()].filter((index) => !had.has(canonical(of, next[index])));
  return { removed, added };
}

function compareSets(of: Shape, old: readonly Value[], next: readonly Value[], at: Path): Difference[] {
  const { removed, added } = elementChanges(of, old, next);
  // The bridge finds a planned element among the inputs only where it has plain values; else it names the whole set.
  if (added.some((index) => holdsMore(next[index]))) return [{ path: at, kind: "update" }];
  return changesAt(removed, added, at).flatMap((change) => {
    const index = change.path.at(-1);
    if (change.kind !== "update" || typeof index !== "number") return [change];
    return compareShape(of, old[index], next[index], change.path);
  });
}

function holdsMore(element: Value | undefined): boolean {
  return (
    isMap(element) &&
    Object.values(element).some((value) => isMap(value) || (isList(value) && value.length > 0))
  );
}

/** Whether a set that replaces by number does: another number, or a changed element with a field that asks for it. */
function isRebuilt({ shape }: Property, old: Value | undefined, next: Value | undefined): boolean {
  const [had, wanted] = [isList(old) ? old : [], isList(next) ? next : []];
  if (had.length !== wanted.length || shape.kind !== "set" || shape.of.kind !== "object") return true;
  const { fields } = shape.of;
  const asks = (element: Value | undefined) =>
    isMap(element) && Object.keys(element).some((key) => fields[key]?.elementReplaces === true);
  const { removed, added } = elementChanges(shape.of, had, wanted);
  return removed.some((index) => asks(had[index])) || added.some((index) => asks(wanted[index]));
}

/** Whether two lists have the same elements, what the server chose in the old ones counting for both. */
function isReordered(shape: Shape, old: Value | undefined, next: Value | undefined): boolean {
  if (shape.kind !== "list" || shape.of.kind !== "object" || !isList(old) || !isList(next)) return false;
  const { fields } = shape.of;
  const chosen = Object.keys(fields).filter((name) => fields[name]?.computed === true);
  const filled = next.map((item, index): Value => {
    const before = old[index];
    if (!isMap(item) || !isMap(before)) return item;
    const missing = chosen.filter((name) => item[name] === undefined && before[name] !== undefined);
    return { ...item, ...Object.fromEntries(missing.map((name) => [name, before[name] ?? null])) };
  });
  return isSame({ kind: "set", of: shape.of }, old, filled);
}

/**
 * Whether a value counts as not given: null does, and a list without elements. "", 0, false and a map without keys are
 * values here, unlike in the question whether two are the same.
 */
function isAbsent(shape: Shape, value: Value | undefined): value is undefined | null {
  if (value === undefined || value === null) return true;
  return shape.kind !== "any" && isList(value) && value.length === 0;
}
