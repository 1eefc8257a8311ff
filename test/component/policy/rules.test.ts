/** Tests each rule of the policy pack on resources that keep it and that break it. Each condition is decided by a case. */
import { describe, expect, it } from "vitest";
import { rules } from "../../../policy/rules.ts";
import { broken, kept } from "../../support/component/policy/cases.ts";
import { violations } from "../../support/component/policy/judge.ts";
import { allMutants, mutantsOf, rulesWith } from "../../support/component/policy/mutants.ts";

describe("resources that keep every rule", () => {
  it.each(kept)("%s", (_what, resource) => {
    expect(violations(resource, rules)).toEqual([]);
  });
});

describe("resources that break a rule", () => {
  it.each(broken)("%s: %s", (rule, _what, resource, consequence) => {
    const messages = violations(
      resource,
      rules.filter(({ name }) => name === rule),
    );
    expect(messages).not.toEqual([]);
    for (const message of messages) expect(message).toMatch(/^[a-z-]+: one: .*\.$/);
    expect(messages.join("\n")).toContain(consequence);
  });

  it("exist for every rule", () => {
    expect([...new Set(broken.map(([rule]) => rule))].sort()).toEqual(rules.map(({ name }) => name).sort());
  });
});

it("every rule is mandatory, and its description is a sentence", () => {
  for (const { enforcementLevel, description } of rules) {
    expect(enforcementLevel).toBe("mandatory");
    expect(description).toMatch(/^[A-Z].*\.$/);
  }
});

describe("a condition of a rule that is changed", () => {
  /** Whether every case still has its expected outcome. */
  function unnoticed(changed: typeof rules): boolean {
    const goodStays = kept.every(([, resource]) => violations(resource, changed).length === 0);
    return (
      goodStays &&
      broken.every(([rule, , resource, consequence]) => {
        const one = changed.filter(({ name }) => name === rule);
        const messages = violations(resource, one).join("\n");
        return messages.includes(": one: ") && messages.includes(consequence);
      })
    );
  }

  it("is noticed by a case", async () => {
    const mutants = await allMutants();
    expect(mutants.length).toBeGreaterThan(50);
    const survivors: string[] = [];
    for (const mutant of mutants) {
      const changed = await rulesWith(mutant);
      try {
        if (unnoticed(changed)) survivors.push(mutant.what);
      } catch {
        // A rule that throws is noticed as well.
      }
    }
    expect(survivors).toEqual([]);
  });

  it("is named by file, line and text", () => {
    const [mutant] = mutantsOf("policy/rules/x.ts", "export const x = (a: number) => a === 1;\n");
    expect(mutant).toMatchObject({
      what: "policy/rules/x.ts:1: a === 1 -> !(a === 1)",
      text: "export const x = (a: number) => !(a === 1);\n",
    });
  });
});
