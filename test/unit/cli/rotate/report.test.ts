/** Tests the report of a rotation. */
import { expect, test } from "vitest";
import { newJournal } from "../../../../cli/rotate/journal.ts";
import { reportText } from "../../../../cli/rotate/report.ts";

const NOW = Date.parse("2026-05-22T03:00:00Z");

test("the report says how each step ended, and what was found beside the steps", () => {
  const entry = { at: "2026-05-22T03:00:00Z", took: 1500, outcome: "done" as const };
  const journal = {
    ...newJournal("dead (SEV2)", new Date(NOW)),
    id: "1",
    target: "a".repeat(64),
    source: "stdin",
    entries: [
      { ...entry, step: "check" as const, outcome: "failed" as const, said: "the API is away" },
      { ...entry, step: "check" as const, said: "the API accepted it | good" },
      { ...entry, step: "check" as const, outcome: "skipped" as const, said: "delivered" },
    ],
  };
  const parts = {
    journal,
    fleet: "prod",
    token: "platform",
    by: "boris@laptop",
    now: "2026-05-22T03:10:00Z",
  };
  expect(reportText({ ...parts, findings: ["The former token is refused."] }))
    .toBe(`### Token \`platform\` of fleet \`prod\` rotated

- when: 2026-05-22T03:10:00Z (begun 2026-05-22T03:00:00.000Z)
- by: boris@laptop
- why: dead (SEV2)
- file: \`aaaaaaaaaaaa\`, from stdin

| step | result | took |
| --- | --- | --- |
| Check the token | the API accepted it \\| good | 1.5 s |

- The former token is refused.
`);
});
