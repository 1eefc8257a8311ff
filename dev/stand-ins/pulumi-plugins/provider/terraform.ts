// Resource types with the semantics of a bridged Terraform provider, driven by a table and four server operations.
import { checkInputs } from "./check.ts";
import { compareByTable } from "./compare.ts";
import { extractInputs, hasFixedName, withDefaults } from "./inputs.ts";
import { afterWrite, emptied, settled, unread } from "./outputs.ts";
import { PartialFailure } from "./resource.ts";
import type { Difference, Operation, ResourceType, Stored, UpdateRequest } from "./resource.ts";
import type { Table } from "./table.ts";
import type { Properties } from "./value.ts";
import { isUnder } from "./paths.ts";
import { plan, store, keepIgnored, knownOnly } from "./plan.ts";

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
  return new TerraformResource(table, server);
}

class TerraformResource implements ResourceType {
  readonly secretOutputs: readonly string[];
  readonly #table: Table;
  readonly #server: ServerOperations;

  constructor(table: Table, server: ServerOperations) {
    this.#table = table;
    this.#server = server;
    this.secretOutputs = Object.keys(table.properties).filter(
      (name) => table.properties[name]?.secret === true,
    );
  }

  check(name: string, news: Properties, olds: Properties) {
    const failures = checkInputs(this.#table, news);
    return { inputs: failures.length > 0 ? news : withDefaults(this.#table, name, news, olds), failures };
  }

  diff({ state, inputs, ignoreChanges }: Parameters<ResourceType["diff"]>[0]): Difference {
    const planned = plan(this.#table, inputs, state);
    const changes = compareByTable(this.#table, state, planned).filter(
      (change) => !isUnder(change.path, ignoreChanges),
    );
    const deleteBeforeReplace =
      changes.some((change) => change.replaces) &&
      (this.#table.deleteBeforeReplace === true || hasFixedName(this.#table, inputs));
    return { changes, deleteBeforeReplace };
  }

  previewCreate(_operation: Operation, inputs: Properties): Stored {
    return { id: "", outputs: plan(this.#table, inputs, undefined) };
  }

  async create(operation: Operation, inputs: Properties): Promise<Stored> {
    const planned = knownOnly(plan(this.#table, inputs, undefined));
    let id: string;
    try {
      id = await this.#server.create(operation, planned);
    } catch (cause) {
      if (!(cause instanceof PartialFailure)) throw cause;
      throw this.#halfMade(cause, cause.stored.id, planned);
    }
    return this.#afterwards(operation, id, planned);
  }

  previewUpdate({ state, inputs, ignoreChanges }: UpdateRequest): Properties {
    return keepIgnored(this.#table, plan(this.#table, inputs, state), state, ignoreChanges);
  }

  async update(operation: Operation, request: UpdateRequest): Promise<Stored> {
    const { state } = request;
    const id = currentId(request.id, state);
    const planned = this.previewUpdate(request);
    let next: string;
    try {
      next = await this.#server.update(operation, id, planned, state);
    } catch (cause) {
      // As the bridge: the plan is stored with the error, and the next run updates again.
      throw new PartialFailure(messageOf(cause), { id, outputs: { ...planned, id } }, { cause });
    }
    if (this.#server.keepsPlanAfterUpdate === true) {
      return { id: next, outputs: { ...emptied(this.#table, planned, state), id: next } };
    }
    return this.#afterwards(operation, next, planned);
  }

  async read(operation: Operation, { id: known, state, inputs }: Parameters<ResourceType["read"]>[1]) {
    const id = currentId(known, state);
    const outputs = await this.#read(operation, id, state);
    if (outputs === undefined) return undefined;
    return { id, outputs, inputs: extractInputs(this.#table, inputs, outputs) };
  }

  delete(operation: Operation, { id, outputs }: Stored): Promise<void> {
    return this.#server.delete(operation, currentId(id, outputs), outputs);
  }

  /** @param written what was just sent to the server */
  async #read(operation: Operation, id: string, state: Properties, written?: Properties) {
    const found = await this.#server.read(operation, id, state);
    if (found === undefined) return undefined;
    return { ...settled(this.#table, { ...state, ...store(this.#table, found) }, written), id };
  }

  async #afterwards(operation: Operation, id: string, planned: Properties): Promise<Stored> {
    try {
      const outputs = await this.#read(operation, id, planned, planned);
      if (outputs !== undefined) return { id, outputs: afterWrite(planned, outputs) };
    } catch (cause) {
      throw this.#halfMade(cause, id, planned);
    }
    throw new Error(`${this.#table.type} ${id} was written, and could not be found right after that.`);
  }

  #halfMade(cause: unknown, id: string, planned: Properties): PartialFailure {
    const outputs = { ...unread(this.#table, planned), id };
    return new PartialFailure(messageOf(cause), { id, outputs }, { cause });
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

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
