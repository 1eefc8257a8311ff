/** The cases of test/full/real-cli-decisions.test.ts reach every reason, or the docs say why not. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BACKUP_STATES, CLASSES, REASONS, type Reason } from "../../../../contract/agent-classes.ts";
import { DECISION_CASES, UNREACHED } from "../../../support/real-cli/cases.ts";

const VERSIONS = ["2.1.330", "2.1.197"] as const;
const all = Object.keys(REASONS) as Reason[];

test.each(VERSIONS)("%s reaches every reason, or the list says why not", (version) => {
  const cases = DECISION_CASES.filter(({ versions = VERSIONS }) => versions.includes(version));
  const reached = new Set<string>(cases.flatMap(({ verdict, reason }) => [verdict ?? reason, reason]));
  const missing = all.filter((reason) => !reached.has(reason));
  expect(missing.sort()).toEqual(Object.keys(UNREACHED[version]).sort());
});

test("every state of the backup is reached", () => {
  const states = new Set(DECISION_CASES.map(({ backup }) => backup));
  expect([...states].sort()).toEqual(Object.keys(BACKUP_STATES).sort());
});

const docs = readFileSync(new URL("../../../../docs/agent-decisions.md", import.meta.url), "utf8").replace(
  /\s+/g,
  " ",
);
const unreached = VERSIONS.flatMap((version) =>
  Object.entries(UNREACHED[version]).map(([reason, why]) => [version, reason, why] as const),
);
test.each(unreached)("the docs say why %s does not reach %s", (version, reason, why) => {
  const line = `\`${reason}\` with ${version}: ${why}`;
  expect(docs.includes(line), `docs/agent-decisions.md must hold: ${line}`).toBe(true);
});

test.each(DECISION_CASES.map((one) => [one.name, one] as const))(
  "%s: class and exit code are those of the reason",
  (_, { reason, class: runClass, word, code, backup }) => {
    const facts: { class: string; exit?: number } | undefined = REASONS[reason as Reason];
    if (facts === undefined || reason === backup) return;
    expect(runClass).toBe(facts.class);
    const failing = runClass !== "ok" || word === "FAIL";
    if (failing) expect(code).toBe(facts.exit ?? CLASSES[runClass].exit);
  },
);
