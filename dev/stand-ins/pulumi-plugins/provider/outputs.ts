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
 * Returns what is stored of a plan that is not read back from the server: a removed plain value is empty, not absent.
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
 * Returns what is stored of the server's values. A refresh stores a list or a map even where the server names none. A write
 * does so only for lists of objects, for lists that the server may choose, and for a map that was written.
 * @param written what has just been written; undefined when this is a refresh
 */
export function settled(table: Table, found: Properties, written: Properties | undefined): Properties {
  const out: Record<string, Value> = {};
  for (const [name, value] of Object.entries(found)) if (value !== null) out[name] = value;
  for (const [name, { shape, computed, read }] of Object.entries(table.properties)) {
    const isKeyed = shape.kind === "map";
    if ((!isKeyed && shape.kind !== "list" && shape.kind !== "set") || !isEmpty(out[name])) continue;
    const chosen = !isKeyed && (isObjects(shape) || computed === true);
    const stored = written === undefined ? read === "server" : isKeyed && written[name] !== undefined;
    if (chosen || stored) out[name] = isKeyed ? {} : [];
    else delete out[name];
  }
  return out;
}

/** What a write leaves in the state: where the server shows no elements right after it, those that were written. */
export function afterWrite(planned: Properties, found: Properties): Properties {
  const kept = Object.entries(planned).filter(
    ([name, value]) => (isMap(value) || (isList(value) && value.length > 0)) && isEmpty(found[name]),
  );
  return { ...found, ...Object.fromEntries(kept) };
}

/** What is stored of a resource that was made and could not be read: of lists that the server chooses nothing is known. */
export function unread(table: Table, planned: Properties): Properties {
  const lists = Object.entries(table.properties).filter(
    ([name, { shape, computed }]) =>
      shape.kind === "list" && computed === true && planned[name] === undefined,
  );
  const unknown = new Set(lists.map(([name]) => name));
  return Object.fromEntries(
    Object.entries(settled(table, planned, planned)).filter(([name]) => !unknown.has(name)),
  );
}
