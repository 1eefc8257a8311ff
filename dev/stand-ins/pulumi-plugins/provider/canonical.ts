// When two values of a shape mean the same, whatever they look like.
import type { Field, Shape } from "./table.ts";
import { isList, isMap, UNKNOWN } from "./value.ts";
import type { Value } from "./value.ts";

/** Whether two values of a shape mean the same: order of sets, defaults and empty values do not count. */
export function isSame(shape: Shape, left: Value | undefined, right: Value | undefined): boolean {
  return canonical(shape, left) === canonical(shape, right);
}

/** A field's value, or the default that stands for it. */
export function effective(field: Field, value: Value | undefined): Value | undefined {
  return value === undefined || (value === "" && field.emptyIsDefault === true) ? field.default : value;
}

/** Whether a value says nothing: "", 0, false, or no elements. */
export function isEmpty(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  if (isList(value)) return value.length === 0;
  return isMap(value) && Object.keys(value).length === 0;
}

/** A text that is equal for two values exactly when they mean the same. */
export function canonical(shape: Shape, value: Value | undefined): string {
  return JSON.stringify(simplify(shape, value)) ?? "";
}

type Simple = undefined | null | boolean | number | string | Simple[] | { [key: string]: Simple };

function simplify(shape: Shape, value: Value | undefined): Simple {
  if (value === UNKNOWN) return { "\u0000unknown": true };
  if (shape.kind === "any") return simplifyAny(value);
  // An object without fields is there all the same.
  if (isEmpty(value) && !(shape.kind === "object" && isMap(value))) return undefined;
  if (shape.kind === "object" && isMap(value)) {
    const out: Record<string, Simple> = {};
    for (const name of Object.keys(shape.fields).sort()) {
      const field = shape.fields[name];
      if (field === undefined) continue;
      const own = simplify(field.shape, effective(field, value[name]));
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
