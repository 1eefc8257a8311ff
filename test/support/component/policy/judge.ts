/** Runs rules of the policy pack on resources, as the engine's analyzer does. */
import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import type { Registration } from "../harness.ts";

/** A resource as a test writes it. */
export interface Resource {
  readonly type: string;
  readonly props: Record<string, unknown>;
  readonly opts?: Partial<ResourceValidationArgs["opts"]>;
  /** Undefined: `prod`. */
  readonly stack?: string;
}

/** Returns the violations of one resource, each as `rule: sentence`. */
export function violations(
  { type, props, opts, stack = "prod" }: Resource,
  rules: readonly ResourceValidationPolicy[],
): string[] {
  const messages: string[] = [];
  const args = {
    type,
    props,
    opts: {
      protect: false,
      ignoreChanges: [],
      aliases: [],
      customTimeouts: {},
      additionalSecretOutputs: [],
      ...opts,
    },
    urn: `urn:pulumi:${stack}::claude-fleet::${type}::one`,
    name: "one",
  } as unknown as ResourceValidationArgs;
  for (const { name, validateResource = [] } of rules) {
    for (const validate of [validateResource].flat()) {
      void validate(args, (message) => messages.push(`${name}: ${message}`));
    }
  }
  return messages;
}

/** Returns the violations of what a program has registered. Rules see secrets in clear text, as in the engine. */
export function violationsOf(
  registrations: readonly Registration[],
  rules: readonly ResourceValidationPolicy[],
): string[] {
  return registrations.flatMap(({ type, inputs, protect, deleteBeforeReplace, ignoreChanges }) =>
    violations(
      {
        type,
        props: unwrapped(inputs) as Record<string, unknown>,
        opts: { protect, deleteBeforeReplace, ignoreChanges: [...ignoreChanges] },
      },
      rules,
    ),
  );
}

/** Key that marks a secret among inputs; see Pulumi's `runtime/rpc.ts`. */
const MARK = "4dabf18193072939515e22adb298388d";

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  if (MARK in value) return unwrapped((value as unknown as { value: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, unwrapped(entry)]));
}
