/** Registrations as a state keeps them: by URN, with inputs and options, and without the files' content, which any release may change. */
import type { Registration } from "./harness.ts";

/** One resource of a state. */
export interface Resource {
  /** Type path and name: the URN without stack and project. */
  readonly urn: string;
  readonly inputs: unknown;
  /** Options that decide how the engine replaces and deletes the resource. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Returns the registrations as resources, sorted by URN. */
export function resourcesOf(registrations: readonly Registration[]): readonly Resource[] {
  return registrations
    .map((one) => ({
      urn: urnOf(one),
      inputs: inputsOf(one.inputs),
      options: {
        ignoreChanges: one.ignoreChanges,
        replaceOnChanges: one.replaceOnChanges,
        deleteBeforeReplace: one.deleteBeforeReplace,
        protect: one.protect,
        retainOnDelete: one.retainOnDelete,
      },
    }))
    .sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

/** Unlike mocks, the engine leaves the stack out: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns */
function urnOf({ type, name, parent }: Registration): string {
  const types = [...(parent.split("::")[2] ?? "").split("$"), type];
  return `${types.filter((one) => one !== "" && one !== STACK).join("$")}::${name}`;
}

const STACK = "pulumi:pulumi:Stack";

/** Standard input as data. Of a file only path and mode count: any release may change its content. */
function inputsOf({ stdin, environment, ...inputs }: Readonly<Record<string, unknown>>): unknown {
  return {
    ...inputs,
    ...(typeof stdin === "string" ? { stdin: JSON.parse(stdin, withoutContent) as unknown } : {}),
    ...(typeof environment === "object" && environment !== null
      ? { environment: Object.keys(environment).sort() }
      : {}),
  };
}

function withoutContent(key: string, value: unknown): unknown {
  return key === "content" ? undefined : value;
}
