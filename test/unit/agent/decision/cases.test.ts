/** What two versions of the real CLI answered, and the class in which each case ends. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import {
  caseRows,
  classOfCase,
  confusionMatrix,
  EXPECTED,
  matrixText,
  type CaseRow,
} from "../../../support/fakes/cases.ts";

const rows = await caseRows();

test("every case of the CLI ends in the class that a person would give it", () => {
  const wrong = rows.flatMap((row) => {
    const found = classOfCase(row);
    const expected = EXPECTED(row);
    return found === expected ? [] : [`${row.cli} ${row.case}: ${found} instead of ${expected}`];
  });
  expect(wrong).toEqual([]);
});

test("both versions have cases", () => {
  expect(new Set(rows.map(({ cli }) => cli))).toEqual(new Set(["2.1.197", "2.1.330"]));
  expect(rows.length).toBeGreaterThan(100);
});

test("no case ends in auth-dead while a login with a refresh token is in the file", () => {
  const dead = rows.filter((row) => classOfCase(row) === "auth-dead");
  expect(dead.length).toBeGreaterThan(0);
  const kept = dead.filter((row: CaseRow) => row.after !== "blanked" && row.before !== "setup-token");
  expect(
    kept.map((row) => row.before).filter((before) => !["none", "blank", "corrupt"].includes(before)),
  ).toEqual([]);
});

test("the confusion matrix in the docs is the one that the code makes", async () => {
  const text = await readFile(new URL("../../../../docs/agent-decisions.md", import.meta.url), "utf8");
  const table = matrixText(confusionMatrix(rows));
  expect(text.includes(table), `docs/agent-decisions.md must hold:\n${table}`).toBe(true);
});
