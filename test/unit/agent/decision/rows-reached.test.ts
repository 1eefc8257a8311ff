/** What test/full/real-cli-rows.test.ts reaches with the real CLI is all that there is. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BACKUP_STATES, CLASSES, REASONS, type Reason } from "../../../../contract/agent-classes.ts";
import { ROWS } from "../../../../agent/decision/types.ts";
import { ROW_CASES, UNREACHED, UNREACHED_ROWS } from "../../../support/real-cli/cases.ts";

const VERSIONS = ["2.1.330", "2.1.197"] as const;
const reached = (reason: string) => ROW_CASES.some((one) => one.reason === reason);
const all = Object.keys(REASONS) as Reason[];

test.each(VERSIONS)("every row of the table is reached by %s, or it is said why not", (version) => {
  const cases = ROW_CASES.filter(({ versions = VERSIONS }) => versions.includes(version));
  const found = new Set(cases.map(({ row }) => row));
  const missing = ROWS.filter((row) => !found.has(row)).map(String);
  expect(missing).toEqual(Object.keys(UNREACHED_ROWS[version]));
});

test("every reason is reached, or it is said why not", () => {
  expect(all.filter((reason) => !reached(reason)).sort()).toEqual(Object.keys(UNREACHED).sort());
});

test("every state of the backup is reached", () => {
  const states = new Set(ROW_CASES.map(({ backup }) => backup));
  expect([...states].sort()).toEqual(Object.keys(BACKUP_STATES).sort());
});

describe("what is not reached", () => {
  const docs = readFileSync(new URL("../../../../docs/agent-decisions.md", import.meta.url), "utf8");
  test.each(Object.entries(UNREACHED))("%s: the docs say why", (reason, why) => {
    expect(docs.replace(/\s+/g, " ")).toContain(`\`${reason}\`: ${why}`);
  });

  const rows = VERSIONS.flatMap((version) =>
    Object.entries(UNREACHED_ROWS[version]).map(([row, why]) => [version, row, why] as const),
  );
  test.each(rows)("%s, row %s: the docs say why", (version, row, why) => {
    expect(docs.replace(/\s+/g, " ")).toContain(`row ${row} with ${version}: ${why}`);
  });
});

test.each(ROW_CASES.map((one) => [`row ${one.row}, ${one.name}`, one] as const))(
  "%s: class and exit code are the reason's",
  (_, { reason, class: runClass, word, code, backup }) => {
    const facts: { class: string; exit?: number } | undefined = REASONS[reason as Reason];
    if (facts === undefined || reason === backup) return;
    expect(runClass).toBe(facts.class);
    const failing = runClass !== "ok" || word === "FAIL";
    if (failing) expect(code).toBe(facts.exit ?? CLASSES[runClass].exit);
  },
);
