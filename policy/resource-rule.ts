/** Defines the shape of a rule: the resource types it checks, and a pure function that returns violations. */
import type { PolicyResourceOptions, ResourceValidationPolicy } from "@pulumi/policy";

/** A resource as a rule sees it, before the engine creates or changes it. */
export interface RuledResource {
  readonly type: string;
  /** The inputs. Secrets are in clear text. */
  readonly props: Readonly<Record<string, unknown>>;
  readonly opts: Readonly<PolicyResourceOptions>;
  readonly stack: string;
}

/** A rule of the pack. */
export interface RuleArgs {
  /** The name in errors and in `policy/README.md`. */
  readonly name: string;
  /** A sentence that is true where the rule is kept. */
  readonly description: string;
  /** Resource types that the rule checks; undefined: all. */
  readonly types?: readonly string[];
  /** Returns the violations, each with its consequence and its remedy; empty when the rule is kept. */
  readonly check: (resource: RuledResource) => readonly string[];
}

/** Returns a mandatory rule that puts the name of the resource before each violation. */
export function resourceRule({ name, description, types, check }: RuleArgs): ResourceValidationPolicy {
  return {
    name,
    description,
    enforcementLevel: "mandatory",
    validateResource: ({ type, props, opts, urn, name: resource }, report) => {
      if (types !== undefined && !types.includes(type)) return;
      const violations = check({ type, props: props as Record<string, unknown>, opts, stack: stackOf(urn) });
      for (const violation of violations) report(`${resource}: ${violation}`);
    },
  };
}

/** Returns the stack of a URN: `urn:pulumi:<stack>::<project>::<types>::<name>`. Source: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns */
function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":")[2] ?? "";
}
