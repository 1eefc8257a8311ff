// What of a resource is stored after an operation, as the bridge and its SDK leave it: what is empty, and what is not there.
import { isEmpty } from "./canonical.ts";
import type { Shape, Table } from "./table.ts";
import { isList, isMap } from "./value.ts";
import type { Properties, Value } from "./value.ts";

/** Whether a property is a list or a set of objects. */
export function isObjects(shape: Shape): boolean {
  return (shape.kind === "list" || shape.kind === "set") && shape.of.kind === "object";
}

/**
 * What is stored of a plan that nobody reads back: a plain value that is not wanted any more is empty, not absent.
 */
export function emptied(table: Table, planned: Properties, state: Properties): Properties {
  const out: Record<string, Value> = { ...planned };
  for (const [name, { shape }] of Object.entries(table.properties)) {
    if (planned[name] !== undefined || state[name] === undefined) continue;
    if (shape.kind === "string") out[name] = "";
    else if (shape.kind === "integer") out[name] = 0;
    else if (shape.kind === "boolean") out[name] = false;
  }
  return out;
}

/**
 * What is stored of what the server has. Lists of objects, and lists that the server may choose, are there even when
 * empty, and other empty lists are not; an empty map is where there was a map before.
 * @param before the state that was known, or what has just been planned
 */
export function settled(table: Table, found: Properties, before: Properties): Properties {
  const out: Record<string, Value> = {};
  for (const [name, value] of Object.entries(found)) if (value !== null) out[name] = value;
  for (const [name, property] of Object.entries(table.properties)) {
    const { shape } = property;
    if (shape.kind === "map" && isEmpty(out[name]) && before[name] === undefined) delete out[name];
    if (shape.kind !== "list" && shape.kind !== "set") continue;
    if (!isEmpty(out[name])) continue;
    if (isObjects(shape) || property.computed === true) out[name] = [];
    else delete out[name];
  }
  return out;
}

/** What a write leaves in the state: where the server shows no elements right after it, those that were written. */
export function afterWrite(planned: Properties, found: Properties): Properties {
  const kept = Object.entries(planned).filter(
    ([name, value]) => (isList(value) || isMap(value)) && !isEmpty(value) && isEmpty(found[name]),
  );
  return { ...found, ...Object.fromEntries(kept) };
}
