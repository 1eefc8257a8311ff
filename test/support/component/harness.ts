/** Runs components under Pulumi's mocks and captures what they register: inputs as the engine gets them, and options. */
import * as pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings.js";

/** One registration, as the engine's RegisterResource request has it. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly custom: boolean;
  readonly parent: string;
  readonly dependencies: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly provider: string;
}

/** The engine's answer to a registration. */
type RegisterCallback = (error: unknown, response: { setResult(result: number): void } | undefined) => void;

/** `FAIL` of the engine's `Result`: see proto/pulumi/resource.proto. */
const FAILED = 1;

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getCustom(): boolean;
  getParent(): string;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getDeletebeforereplace(): boolean;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getProvider(): string;
}

/**
 * Runs `declare` under mocks and returns every registration, in order. Calls of provider functions throw unless `call`
 * answers them.
 * @param outputs returns what a resource has beside its inputs after it was created
 * @param fails names of resources that fail, as in an `up` that goes on after an error
 */
export async function register(
  declare: () => unknown,
  call: (token: string, inputs: Record<string, unknown>) => Record<string, unknown> = (token) => {
    throw new Error(`unexpected call of ${token}`);
  },
  outputs: (name: string) => Record<string, unknown> = () => ({}),
  fails: readonly string[] = [],
): Promise<Registration[]> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({
        id: `${name}-id`,
        state: { ...(inputs as Record<string, unknown>), ...outputs(name) },
      }),
      call: ({ token, inputs }) => call(token, inputs as Record<string, unknown>),
    },
    "claude-fleet",
    "test",
    false,
  );
  const seen: Registration[] = [];
  const monitor = settings.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, callback: RegisterCallback): unknown;
    registerResourceHook(request: unknown, callback: (error: null, response: object) => void): void;
  };
  // Pulumi's mocks know no hooks. No hook is called here.
  monitor.registerResourceHook = (_request, callback) => callback(null, {});
  const original = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    seen.push(capture(request));
    return original(request, (error, response) => {
      if (fails.includes(request.getName())) response?.setResult(FAILED);
      callback(error, response);
    });
  };
  await pulumi.runtime.runInPulumiStack(() => Promise.resolve(declare()) as Promise<undefined>);
  await pulumi.runtime.disconnect();
  return seen.filter(({ type }) => type !== "pulumi:pulumi:Stack");
}

/** Returns the one registration of this type and name. @throws when there is none, or more than one */
export function only(registrations: readonly Registration[], type: string, name?: string): Registration {
  const found = registrations.filter((one) => one.type === type && (name === undefined || one.name === name));
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(
      `${found.length} registrations of ${type} ${name ?? ""}: ${registrations.map((one) => `${one.type} ${one.name}`).join(", ")}`,
    );
  }
  return first;
}

function capture(request: RegisterRequest): Registration {
  return {
    type: request.getType(),
    name: request.getName(),
    inputs: request.getObject()?.toJavaScript() ?? {},
    custom: request.getCustom(),
    parent: request.getParent(),
    dependencies: request.getDependenciesList(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    protect: request.getProtect(),
    retainOnDelete: request.getRetainondelete(),
    provider: request.getProvider(),
  };
}

/** Key and value that mark a secret among inputs; see Pulumi's `runtime/rpc.ts`. */
const SECRET = ["4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"] as const;

/** Returns the plain value of an input that the SDK wraps as a secret. @throws when it is not wrapped */
export function secretValue(input: unknown): unknown {
  const [key, mark] = SECRET;
  if (typeof input !== "object" || input === null || (input as Record<string, unknown>)[key] !== mark) {
    throw new Error("this input is not a secret");
  }
  return (input as { value: unknown }).value;
}
