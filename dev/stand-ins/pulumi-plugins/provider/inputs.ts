// A resource's inputs as the bridge keeps them: defaults filled in and listed at every level, made names, and what a refresh makes of them.
import { randomBytes } from "node:crypto";
import { isSame } from "./canonical.ts";
import { isMark, isReserved } from "./check.ts";
import type { Field, Property, Shape, Table } from "./table.ts";
import { isList, isMap } from "./value.ts";
import type { Properties, Value } from "./value.ts";

/** The key under which the bridge lists which inputs of an object are defaults. */
const DEFAULTS = "__defaults";

/** The inputs with all defaults, those of objects in them too, and with a name where the program gave none. */
export function withDefaults(table: Table, name: string, news: Properties, olds: Properties): Properties {
  const given = Object.fromEntries(Object.entries(news).filter(([key]) => !isReserved(key)));
  return filled(table.properties, given, (key, property) =>
    property.autoname === true ? autoname(name, key, olds) : property.default,
  );
}

function filled<F extends Field>(
  fields: Readonly<Record<string, F>>,
  given: Properties,
  defaultOf: (key: string, field: F) => Value | undefined,
): Properties {
  const inputs: Record<string, Value> = {};
  const defaults: string[] = [];
  for (const [key, value] of Object.entries(given)) {
    if (!isMark(key)) inputs[key] = filledInside(fields[key]?.shape, value);
  }
  for (const [key, field] of Object.entries(fields)) {
    if (inputs[key] !== undefined) continue;
    const value = defaultOf(key, field);
    if (value === undefined) continue;
    inputs[key] = value;
    defaults.push(key);
  }
  return { ...inputs, [DEFAULTS]: defaults.sort() };
}

function filledInside(shape: Shape | undefined, value: Value): Value {
  if (shape?.kind === "object" && isMap(value))
    return filled(shape.fields, value, (_key, { default: d }) => d);
  if ((shape?.kind === "list" || shape?.kind === "set") && isList(value)) {
    return value.map((item) => filledInside(shape.of, item));
  }
  return value;
}

function autoname(name: string, key: string, olds: Properties): Value {
  // A name that the program once gave and gives no more stays too.
  return olds[key] ?? `${name}-${randomBytes(4).toString("hex").slice(0, 7)}`;
}

/** A name that the program gives cannot be held by the old and the new instance at once. */
export function hasFixedName(table: Table, inputs: Properties): boolean {
  const defaults = inputs[DEFAULTS];
  if (!isList(defaults)) return false;
  return Object.entries(table.properties).some(
    ([name, property]: [string, Property]) =>
      property.autoname === true && inputs[name] !== undefined && !defaults.includes(name),
  );
}

/** A value without the lists of defaults in it: they belong to inputs only. */
export function withoutMarks(value: Value): Value {
  if (isList(value)) return value.map(withoutMarks);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === DEFAULTS ? [] : [[key, withoutMarks(item)]])),
  );
}

/**
 * The inputs after a refresh: the keys that the program gave, with what the server has. Which of them are defaults is
 * kept, or the next check would make another name; a default that the server has changed is none any more.
 */
export function extractInputs(table: Table, given: Properties, outputs: Properties): Properties {
  return extractFields(table.properties, given, outputs);
}

function extractFields(
  fields: Readonly<Record<string, Field>>,
  given: Properties,
  found: Properties,
): Properties {
  const inputs: Record<string, Value> = {};
  const changed = new Set<Value>();
  for (const [name, old] of Object.entries(given)) {
    const field = fields[name];
    const next = found[name];
    if (field === undefined || next === undefined) continue;
    const value = extract(field.shape, old, next);
    inputs[name] = value;
    if (!isSame(field.shape, old, value)) changed.add(name);
  }
  const defaults = given[DEFAULTS];
  return isList(defaults) ? { ...inputs, [DEFAULTS]: defaults.filter((name) => !changed.has(name)) } : inputs;
}

function extract(shape: Shape, old: Value, next: Value): Value {
  if (isList(old) && isList(next)) {
    const of = "of" in shape ? shape.of : shape;
    if (shape.kind !== "set" || !old.every(isMap)) {
      return old.slice(0, next.length).map((item, index) => extract(of, item, next[index] ?? null));
    }
    return old.filter((item) => next.some((other) => isSame(of, item, other)));
  }
  if (isMap(old) && isMap(next)) {
    if (shape.kind === "object") return extractFields(shape.fields, old, next);
    const of = shape.kind === "map" ? shape.of : shape;
    return Object.fromEntries(
      Object.entries(old).flatMap(([key, item]) => {
        const now = next[key];
        return now === undefined ? [] : [[key, extract(of, item, now)]];
      }),
    );
  }
  return next;
}
