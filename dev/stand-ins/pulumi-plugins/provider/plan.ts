// Decides what a resource should look like, from its inputs and its state.
import { isEmpty, isSame } from "./canonical.ts";
import { withoutMarks } from "./inputs.ts";
import { isObjects } from "./outputs.ts";
import type { Property, Shape, Table } from "./table.ts";
import { UNKNOWN } from "./value.ts";
import type { Properties, Value } from "./value.ts";
import { isUnder } from "./paths.ts";

/** What the resource should look like: unknown where only the server can say. */
export function plan(table: Table, inputs: Properties, state: Properties | undefined): Properties {
  const planned: Record<string, Value> = {};
  for (const [name, property] of Object.entries(table.properties)) {
    const value = planOne(property, inputs[name], state?.[name], state === undefined);
    if (value !== undefined) planned[name] = value;
  }
  return store(table, planned);
}

function planOne(
  property: Property,
  given: Value | undefined,
  stored: Value | undefined,
  creating: boolean,
): Value | undefined {
  if (property.outputOnly !== true) {
    if (given !== undefined && !leavesTheChoice(property, given)) return withoutMarks(given);
    if (property.default !== undefined) return property.default;
    if (property.computed !== true) return remains(property.shape, stored);
  }
  // A list that was never read is not known yet: what was made and could not be read is replaced by that.
  return stored ?? (creating || property.shape.kind === "list" ? UNKNOWN : undefined);
}

/** Where the server may choose, an empty text and no elements of objects are no other wish than none at all. */
function leavesTheChoice({ computed, shape }: Property, given: Value): boolean {
  if (computed !== true) return false;
  return given === "" || (isObjects(shape) && isEmpty(given));
}

/** Of what is not wanted any more only what says nothing stays, as it was read: "", 0; and of a map that it is one. */
function remains(shape: Shape, stored: Value | undefined): Value | undefined {
  if (stored === undefined || saysNothing(shape, stored)) return stored;
  return shape.kind === "map" ? {} : undefined;
}

function saysNothing(shape: Shape, value: Value): boolean {
  return isSame(shape, value, undefined) || isSame(shape, value, {});
}

/** The properties in the form in which they are stored. */
export function store(table: Table, properties: Properties): Properties {
  const out: Record<string, Value> = { ...properties };
  for (const [name, value] of Object.entries(properties)) {
    const stored = table.properties[name]?.stored;
    if (stored !== undefined && typeof value === "string") out[name] = stored(value);
  }
  return out;
}

export function keepIgnored(
  table: Table,
  planned: Properties,
  state: Properties,
  ignoreChanges: readonly string[],
): Properties {
  const kept: Record<string, Value> = { ...planned };
  for (const name of Object.keys(table.properties)) {
    if (!isUnder([name], ignoreChanges)) continue;
    const stored = state[name];
    if (stored === undefined) delete kept[name];
    else kept[name] = stored;
  }
  return kept;
}

export function knownOnly(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== UNKNOWN));
}
