// Resource types with the semantics of a bridged Terraform provider, driven by a table and four server operations.
import { randomBytes } from "node:crypto";
import { checkInputs, isReserved } from "./check.ts";
import { compareByTable, isSame, isUnder } from "./compare.ts";
import { PartialFailure } from "./resource.ts";
import type { Operation, ResourceType, Stored } from "./resource.ts";
import type { Property, Shape, Table } from "./table.ts";
import { isList, isMap, UNKNOWN } from "./value.ts";
import type { Properties, Value } from "./value.ts";

/** What a type does on its server. All properties carry Pulumi's names. */
export interface ServerOperations {
  /** Makes the resource and gives its id. A `PartialFailure` says that it exists but is not well. */
  create(operation: Operation, planned: Properties): Promise<string>;
  /** What the server has, for the table's `server` properties; undefined when the resource is gone. */
  read(operation: Operation, id: string, state: Properties): Promise<Properties | undefined>;
  /** Brings the resource to `planned`; gives its id, which may be a new one. */
  update(operation: Operation, id: string, planned: Properties, state: Properties): Promise<string>;
  delete(operation: Operation, id: string, state: Properties): Promise<void>;
  /** Whether the state after an update is what was planned, not what the server has then. */
  readonly keepsPlanAfterUpdate?: true;
}

/** The key under which the bridge lists the inputs that are defaults. */
const DEFAULTS = "__defaults";

/**
 * Builds a resource type that behaves as the Pulumi Terraform bridge does with a provider on SDK v2.
 *
 * Differences are sought between the stored state and the plan (inputs, else defaults, else what the server chose).
 * https://github.com/pulumi/pulumi-terraform-bridge/blob/v3.126.0/pkg/tfbridge/provider.go (Diff, Update, Read)
 */
export function terraformResource(table: Table, server: ServerOperations): ResourceType {
  const read = async (operation: Operation, id: string, state: Properties) => {
    const found = await server.read(operation, id, state);
    return found === undefined ? undefined : withoutAbsent({ ...state, ...store(table, found) });
  };

  return {
    secretOutputs: Object.keys(table.properties).filter((name) => table.properties[name]?.secret === true),

    check(name, news, olds) {
      const failures = checkInputs(table, news);
      return { inputs: failures.length > 0 ? news : withDefaults(table, name, news, olds), failures };
    },

    diff({ state, inputs, ignoreChanges }) {
      const planned = plan(table, inputs, state);
      const changes = compareByTable(table, state, planned).filter(
        (change) => !isUnder(change.path, ignoreChanges),
      );
      const deleteBeforeReplace =
        changes.some((change) => change.replaces) &&
        (table.deleteBeforeReplace === true || hasFixedName(table, inputs));
      return { changes, deleteBeforeReplace };
    },

    previewCreate: (_operation, inputs) => ({ id: "", outputs: plan(table, inputs, undefined) }),

    async create(operation, inputs) {
      const planned = plan(table, inputs, undefined);
      const id = await server.create(operation, knownOnly(planned));
      return afterwards(operation, id, knownOnly(planned));
    },

    previewUpdate: ({ state, inputs, ignoreChanges }) =>
      keepIgnored(table, plan(table, inputs, state), state, ignoreChanges),

    async update(operation, { id, state, inputs, ignoreChanges }) {
      const planned = keepIgnored(table, plan(table, inputs, state), state, ignoreChanges);
      let next: string;
      try {
        next = await server.update(operation, id, planned, state);
      } catch (cause) {
        // As the bridge: the plan is stored with the error, and the next run updates again.
        throw new PartialFailure(messageOf(cause), { id, outputs: planned }, { cause });
      }
      if (server.keepsPlanAfterUpdate === true) return { id: next, outputs: planned };
      return afterwards(operation, next, planned);
    },

    async read(operation, { id, state, inputs }) {
      const outputs = await read(operation, id, state);
      if (outputs === undefined) return undefined;
      return { id, outputs, inputs: extractInputs(table, inputs, outputs) };
    },

    delete: (operation, stored) => server.delete(operation, stored.id, stored.outputs),
  };

  async function afterwards(operation: Operation, id: string, planned: Properties): Promise<Stored> {
    try {
      const outputs = await read(operation, id, planned);
      if (outputs !== undefined) return { id, outputs };
    } catch (cause) {
      throw new PartialFailure(messageOf(cause), { id, outputs: planned }, { cause });
    }
    throw new Error(`${table.type} ${id} was written, and could not be found right after that.`);
  }
}

/** What the resource should look like: unknown where only the server can say. */
function plan(table: Table, inputs: Properties, state: Properties | undefined): Properties {
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
    if (given !== undefined) return given;
    if (property.default !== undefined) return property.default;
    // Of what is not wanted any more only what says nothing stays, as it was read: "", 0, no elements.
    if (property.computed !== true) return isSame(property.shape, stored, undefined) ? stored : undefined;
  }
  return stored ?? (creating ? UNKNOWN : undefined);
}

/** The properties in the form in which they are stored. */
function store(table: Table, properties: Properties): Properties {
  const out: Record<string, Value> = { ...properties };
  for (const [name, value] of Object.entries(properties)) {
    const stored = table.properties[name]?.stored;
    if (stored !== undefined && typeof value === "string") out[name] = stored(value);
  }
  return out;
}

function withDefaults(table: Table, name: string, news: Properties, olds: Properties): Properties {
  const inputs: Record<string, Value> = {};
  const defaults: string[] = [];
  for (const [key, value] of Object.entries(news)) {
    if (!isReserved(key)) inputs[key] = value;
  }
  for (const [key, property] of Object.entries(table.properties)) {
    if (inputs[key] !== undefined) continue;
    const value = property.autoname === true ? autoname(name, key, olds) : property.default;
    if (value === undefined) continue;
    inputs[key] = value;
    defaults.push(key);
  }
  return { ...inputs, [DEFAULTS]: defaults.sort() };
}

function autoname(name: string, key: string, olds: Properties): Value {
  const before = olds[DEFAULTS];
  const kept = isList(before) && before.includes(key) ? olds[key] : undefined;
  return kept ?? `${name}-${randomBytes(4).toString("hex").slice(0, 7)}`;
}

/** A name that the program gives cannot be held by the old and the new instance at once. */
function hasFixedName(table: Table, inputs: Properties): boolean {
  const defaults = inputs[DEFAULTS];
  if (!isList(defaults)) return false;
  return Object.entries(table.properties).some(
    ([name, property]) =>
      property.autoname === true && inputs[name] !== undefined && !defaults.includes(name),
  );
}

/**
 * The inputs after a refresh: the keys that the program gave, with what the server has. Which of them are defaults is
 * kept, or the next check would make another name; a default that the server has changed is none any more.
 */
function extractInputs(table: Table, given: Properties, outputs: Properties): Properties {
  const inputs: Record<string, Value> = {};
  const changed = new Set<Value>();
  for (const [name, old] of Object.entries(given)) {
    const property = table.properties[name];
    const next = outputs[name];
    if (property === undefined || next === undefined) continue;
    const value = extract(property.shape, old, next);
    inputs[name] = value;
    if (!isSame(property.shape, old, value)) changed.add(name);
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
    const fields = shape.kind === "object" ? shape.fields : undefined;
    const of = shape.kind === "map" ? shape.of : shape;
    return Object.fromEntries(
      Object.entries(old).flatMap(([key, item]) => {
        const now = next[key];
        return now === undefined ? [] : [[key, extract(fields?.[key]?.shape ?? of, item, now)]];
      }),
    );
  }
  return next;
}

function keepIgnored(
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

function knownOnly(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== UNKNOWN));
}

function withoutAbsent(properties: Readonly<Record<string, Value | undefined>>): Properties {
  const out: Record<string, Value> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (value !== undefined && value !== null) out[name] = value;
  }
  return out;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
