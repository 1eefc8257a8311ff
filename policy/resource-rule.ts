/** The one shape of a rule: which types it looks at, and a pure function from a resource to what is wrong with it. */
import type { PolicyResourceOptions, ResourceValidationPolicy } from "@pulumi/policy";

/** A resource as a rule sees it, right before the engine would make or change it. */
export interface RuledResource {
  readonly type: string;
  /** Inputs; secrets in clear. */
  readonly props: Readonly<Record<string, unknown>>;
  readonly opts: Readonly<PolicyResourceOptions>;
  readonly stack: string;
}

/** A rule of the pack. */
export interface RuleArgs {
  /** As an error and `policy/README.md` name it. */
  readonly name: string;
  /** What holds where the rule is kept, as a sentence. */
  readonly description: string;
  /** Types that the rule looks at; every type when left out. */
  readonly types?: readonly string[];
  /** One sentence a violation, with what would come of it and what to do; empty when the rule is kept. */
  readonly check: (resource: RuledResource) => readonly string[];
}

/** A mandatory rule, which names the resource in front of each sentence. */
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

/** `urn:pulumi:<stack>::<project>::<types>::<name>`. Source: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns */
function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":")[2] ?? "";
}
