// What a plugin's resource types and functions look like to the service that speaks with the engine.
import type { Failure } from "./check.ts";
import type { Change } from "./compare.ts";
import type { Path, Properties } from "./value.ts";

/** How loud a message to the engine is. */
export type Severity = "debug" | "info" | "warning" | "error";

/** What an operation may use besides its inputs. */
export interface Operation {
  /** The resource's name in the program; the function's token in an invoke. */
  readonly name: string;
  /** Says something in the engine's display, at this resource; an `ephemeral` line only while it is the newest. */
  readonly log: (severity: Severity, message: string, options?: { ephemeral?: boolean }) => void;
  /** Aborted when the engine cancels, or when the program's own timeout for this resource has passed. */
  readonly signal: AbortSignal;
}

/** A resource as it is after an operation. */
export interface Stored {
  readonly id: string;
  readonly outputs: Properties;
}

/** What a diff found. */
export interface Difference {
  readonly changes: readonly Change[];
  readonly deleteBeforeReplace: boolean;
}

/** A resource type. All values are without secret marks; the service puts them back. */
export interface ResourceType {
  /** Output properties that are secret whatever the program says. */
  readonly secretOutputs: readonly string[];
  check(
    name: string,
    news: Properties,
    olds: Properties,
  ): { inputs: Properties; failures: readonly Failure[] };
  /** `state` is what is stored, `oldInputs` what was given then, `inputs` what is given now. */
  diff(request: {
    state: Properties;
    oldInputs: Properties;
    inputs: Properties;
    ignoreChanges: readonly string[];
  }): Difference;
  /** What `create` is expected to give, without doing anything. */
  previewCreate(operation: Operation, inputs: Properties): Stored;
  create(operation: Operation, inputs: Properties): Promise<Stored>;
  previewUpdate(request: UpdateRequest): Properties;
  update(operation: Operation, request: UpdateRequest): Promise<Stored>;
  /** Undefined when the resource is gone. Anything else that is wrong (no right to look, server away) is an error. */
  read(
    operation: Operation,
    request: { id: string; state: Properties; inputs: Properties },
  ): Promise<(Stored & { readonly inputs: Properties }) | undefined>;
  delete(operation: Operation, stored: Stored): Promise<void>;
}

/** What an update goes from and to. */
export interface UpdateRequest {
  readonly id: string;
  readonly state: Properties;
  readonly inputs: Properties;
  readonly ignoreChanges: readonly string[];
}

/** A function that programs call. */
export interface FunctionType {
  check(args: Properties): readonly Failure[];
  call(operation: Operation, args: Properties): Promise<Properties>;
}

/** A provider that has been configured: its types by the engine's tokens. */
export interface ConfiguredProvider {
  readonly resources: Readonly<Record<string, ResourceType>>;
  readonly functions: Readonly<Record<string, FunctionType>>;
}

/** A plugin: how its arguments are checked, and what they give. */
export interface ProviderDefinition {
  readonly name: string;
  readonly version: string;
  checkConfig(args: Properties): readonly Failure[];
  /** @throws Error when the arguments cannot be used. Reaching the server is left to the first operation. */
  configure(args: Properties): ConfiguredProvider;
}

/**
 * A create or update that got half-way: the resource exists, but is not as it should be.
 * The engine stores it with its error, so that nothing is orphaned, and updates it in the next run.
 */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";
  readonly stored: Stored;

  constructor(message: string, stored: Stored, options?: ErrorOptions) {
    super(message, options);
    this.stored = stored;
  }
}

/** Secret paths of a resource's outputs: those of the inputs that come back by name, and the type's own. */
export function outputSecrets(type: ResourceType, inputSecrets: readonly Path[]): readonly Path[] {
  return [...inputSecrets, ...type.secretOutputs.map((name): Path => [name])];
}
