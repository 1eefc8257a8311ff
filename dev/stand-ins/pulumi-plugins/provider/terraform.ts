// Resource types with the semantics of a bridged Terraform provider, driven by a table and four server operations.
import { isEmpty, isSame } from "./canonical.ts";
import { checkInputs } from "./check.ts";
import { compareByTable, isUnder } from "./compare.ts";
import { extractInputs, hasFixedName, withDefaults, withoutMarks } from "./inputs.ts";
import { afterWrite, emptied, isObjects, settled, unread } from "./outputs.ts";
import { PartialFailure } from "./resource.ts";
import type { Operation, ResourceType, Stored } from "./resource.ts";
import type { Property, Shape, Table } from "./table.ts";
import { UNKNOWN } from "./value.ts";
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

/**
 * Builds a resource type that behaves as the Pulumi Terraform bridge does with a provider on SDK v2.
 *
 * Differences are sought between the stored state and the plan (inputs, else defaults, else what the server chose).
 * https://github.com/pulumi/pulumi-terraform-bridge/blob/v3.126.0/pkg/tfbridge/provider.go (Diff, Update, Read)
 */
export function terraformResource(table: Table, server: ServerOperations): ResourceType {
  const read = async (operation: Operation, id: string, state: Properties, written?: Properties) => {
    const found = await server.read(operation, id, state);
    if (found === undefined) return undefined;
    return { ...settled(table, { ...state, ...store(table, found) }, written), id };
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
      const planned = knownOnly(plan(table, inputs, undefined));
      let id: string;
      try {
        id = await server.create(operation, planned);
      } catch (cause) {
        if (!(cause instanceof PartialFailure)) throw cause;
        throw halfMade(cause, cause.stored.id, planned);
      }
      return afterwards(operation, id, planned);
    },

    previewUpdate: ({ state, inputs, ignoreChanges }) =>
      keepIgnored(table, plan(table, inputs, state), state, ignoreChanges),

    async update(operation, { id: known, state, inputs, ignoreChanges }) {
      const id = currentId(known, state);
      const planned = keepIgnored(table, plan(table, inputs, state), state, ignoreChanges);
      let next: string;
      try {
        next = await server.update(operation, id, planned, state);
      } catch (cause) {
        // As the bridge: the plan is stored with the error, and the next run updates again.
        throw new PartialFailure(messageOf(cause), { id, outputs: { ...planned, id } }, { cause });
      }
      if (server.keepsPlanAfterUpdate === true) {
        return { id: next, outputs: { ...emptied(table, planned, state), id: next } };
      }
      return afterwards(operation, next, planned);
    },

    async read(operation, { id: known, state, inputs }) {
      const id = currentId(known, state);
      const outputs = await read(operation, id, state);
      if (outputs === undefined) return undefined;
      return { id, outputs, inputs: extractInputs(table, inputs, outputs) };
    },

    delete: (operation, { id, outputs }) => server.delete(operation, currentId(id, outputs), outputs),
  };

  async function afterwards(operation: Operation, id: string, planned: Properties): Promise<Stored> {
    try {
      const outputs = await read(operation, id, planned, planned);
      if (outputs !== undefined) return { id, outputs: afterWrite(planned, outputs) };
    } catch (cause) {
      throw halfMade(cause, id, planned);
    }
    throw new Error(`${table.type} ${id} was written, and could not be found right after that.`);
  }

  function halfMade(cause: unknown, id: string, planned: Properties): PartialFailure {
    return new PartialFailure(
      messageOf(cause),
      { id, outputs: { ...unread(table, planned), id } },
      { cause },
    );
  }
}

/**
 * What the server knows the resource by. The engine takes no new id from an update, so the bridge keeps it among the
 * outputs too.
 */
function currentId(id: string, state: Properties): string {
  const stored = state["id"];
  return typeof stored === "string" && stored !== "" ? stored : id;
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
function store(table: Table, properties: Properties): Properties {
  const out: Record<string, Value> = { ...properties };
  for (const [name, value] of Object.entries(properties)) {
    const stored = table.properties[name]?.stored;
    if (stored !== undefined && typeof value === "string") out[name] = stored(value);
  }
  return out;
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

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
