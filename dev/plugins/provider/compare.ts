// Compares two states of a resource by its table: which properties differ, where exactly, and whether that replaces it.
import { isReserved } from "./check.ts";
import type { Field, Shape, Table } from "./table.ts";
import { isList, isMap, UNKNOWN } from "./value.ts";
import type { Path, Properties, Value } from "./value.ts";

/** What happens to a value between two states. */
export type ChangeKind = "add" | "delete" | "update";

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
    if (property.outputOnly === true) continue;
    for (const change of compareField(property, state[name], planned[name], [name])) {
      changes.push({ ...change, replaces: property.replaces === true });
    }
  }
  return changes;
}

/** The differences between two property maps, by nothing but their values. */
export function compareValues(old: Properties, next: Properties): readonly Omit<Change, "replaces">[] {
  const shape: Shape = { kind: "any" };
  const names = new Set([...Object.keys(old), ...Object.keys(next)].filter((key) => !isReserved(key)));
  return [...names].flatMap((name) => compareShape(shape, old[name], next[name], [name]));
}

/** Whether a change lies at or below one of the engine's property paths (`environment.NOTE`, `mounts[*].source`). */
export function isUnder(path: Path, ignored: readonly string[]): boolean {
  return ignored.some((text) => {
    const wanted = parsePath(text);
    return wanted.length <= path.length && wanted.every((key, i) => key === "*" || key === String(path[i]));
  });
}

/** The engine's text for a path: `triggers[0]`, `environment.KEY`, `labels["a.b"]`. */
export function formatPath(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${String(key)}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}

/** Whether two values of a shape mean the same: order of sets, defaults and empty values do not count. */
export function isSame(shape: Shape, left: Value | undefined, right: Value | undefined): boolean {
  return canonical(shape, left) === canonical(shape, right);
}

function parsePath(text: string): string[] {
  const keys: string[] = [];
  for (const match of text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g)) {
    keys.push(match[1] ?? match[2] ?? match[3] ?? "");
  }
  return keys;
}

function compareField(field: Field, old: Value | undefined, next: Value | undefined, at: Path) {
  return isSame(field.shape, old ?? field.default, next ?? field.default)
    ? []
    : compareShape(field.shape, old ?? field.default, next ?? field.default, at);
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
    return shape.kind === "set" ? compareSets(of, old, next, at) : compareLists(of, old, next, at);
  }
  if (isMap(old) && isMap(next)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter((key) => !isReserved(key));
    if (shape.kind === "object") {
      return keys.flatMap((key) => {
        const field = shape.fields[key];
        return field === undefined ? [] : compareField(field, old[key], next[key], [...at, key]);
      });
    }
    const of = shape.kind === "map" ? shape.of : shape;
    return keys.flatMap((key) => compareShape(of, old[key], next[key], [...at, key]));
  }
  return [{ path: at, kind: "update" }];
}

function compareLists(of: Shape, old: readonly Value[], next: readonly Value[], at: Path): Difference[] {
  const length = Math.max(old.length, next.length);
  return Array.from({ length }).flatMap((_, index) =>
    compareShape(of, old[index], next[index], [...at, index]),
  );
}

function compareSets(of: Shape, old: readonly Value[], next: readonly Value[], at: Path): Difference[] {
  const had = new Set(old.map((item) => canonical(of, item)));
  const wanted = new Set(next.map((item) => canonical(of, item)));
  const removed = [...old.keys()].filter((index) => !wanted.has(canonical(of, old[index])));
  const added = [...next.keys()].filter((index) => !had.has(canonical(of, next[index])));
  const both = added.filter((index) => removed.includes(index));
  return [
    ...both.map((index): Difference => ({ path: [...at, index], kind: "update" })),
    ...removed
      .filter((i) => !both.includes(i))
      .map((index): Difference => ({ path: [...at, index], kind: "delete" })),
    ...added
      .filter((i) => !both.includes(i))
      .map((index): Difference => ({ path: [...at, index], kind: "add" })),
  ];
}

/** Whether a value counts as not given: null does; "", 0 and false are values here, unlike in the question whether two are the same. */
function isAbsent(shape: Shape, value: Value | undefined): value is undefined | null {
  if (value === undefined || value === null) return true;
  return shape.kind !== "any" && typeof value === "object" && isEmpty(value);
}

function isEmpty(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  if (isList(value)) return value.length === 0;
  return isMap(value) && Object.keys(value).length === 0;
}

/** A text that is equal for two values exactly when they mean the same. */
function canonical(shape: Shape, value: Value | undefined): string {
  return JSON.stringify(simplify(shape, value)) ?? "";
}

type Simple = undefined | null | boolean | number | string | Simple[] | { [key: string]: Simple };

function simplify(shape: Shape, value: Value | undefined): Simple {
  if (value === UNKNOWN) return { "\u0000unknown": true };
  if (shape.kind === "any") return simplifyAny(value);
  if (isEmpty(value)) return undefined;
  if (shape.kind === "object" && isMap(value)) {
    const out: Record<string, Simple> = {};
    for (const name of Object.keys(shape.fields).sort()) {
      const field = shape.fields[name];
      if (field === undefined) continue;
      const own = simplify(field.shape, value[name] ?? field.default);
      if (own !== undefined) out[name] = own;
    }
    return out;
  }
  if (shape.kind === "map" && isMap(value)) {
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, simplify(shape.of, value[key]) ?? ""]),
    );
  }
  if ((shape.kind === "list" || shape.kind === "set") && isList(value)) {
    const items = value.map((item) => simplify(shape.of, item) ?? null);
    return shape.kind === "set" ? items.sort((a, b) => order(a, b)) : items;
  }
  return simplifyAny(value);
}

function simplifyAny(value: Value | undefined): Simple {
  if (value === UNKNOWN) return { "\u0000unknown": true };
  if (isList(value)) return value.map(simplifyAny);
  if (isMap(value)) {
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, simplifyAny(value[key])]),
    );
  }
  return value;
}

function order(left: Simple, right: Simple): number {
  const a = JSON.stringify(left) ?? "";
  const b = JSON.stringify(right) ?? "";
  return a < b ? -1 : a > b ? 1 : 0;
}
