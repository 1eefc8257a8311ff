/** Writes the report of a rotation in Markdown, for an issue or a chat. Pure. The journal, its source, holds no secret. */
import { STEPS } from "../../plan/rotation/step-table.ts";
import type { Journal } from "./journal.ts";

/** The content of the report. */
export interface ReportParts {
  readonly journal: Journal;
  readonly fleet: string;
  readonly token: string;
  /** `user@machine`. */
  readonly by: string;
  /** Sentences beside the steps. */
  readonly findings: readonly string[];
  /** RFC 3339. */
  readonly now: string;
}

/** Returns the report, with one row for each step. */
export function reportText({ journal, fleet, token, by, findings, now }: ReportParts): string {
  const lines = [
    `### Token \`${token}\` of fleet \`${fleet}\` rotated`,
    "",
    `- when: ${now} (begun ${journal.since})`,
    `- by: ${by}`,
    `- why: ${journal.reason ?? "not said"}`,
    `- file: ${journal.target === null ? "not known" : `\`${journal.target.slice(0, 12)}\``}${journal.source === null ? "" : `, from ${journal.source}`}`,
    "",
    "| step | result | took |",
    "| --- | --- | --- |",
    ...lastEntries(journal).map(
      ({ step, outcome, said, took }) =>
        `| ${STEPS[step].title} | ${outcome === "done" ? "" : `${outcome}: `}${cell(said)} | ${(took / 1000).toFixed(1)} s |`,
    ),
  ];
  if (findings.length > 0) lines.push("", ...findings.map((finding) => `- ${finding}`));
  return `${lines.join("\n")}\n`;
}

/** Returns the last entry of each step. A skipped entry does not replace a done entry. */
function lastEntries({ entries }: Journal) {
  const last = new Map<string, Journal["entries"][number]>();
  for (const entry of entries) {
    if (entry.outcome === "skipped" && last.get(entry.step)?.outcome === "done") continue;
    last.set(entry.step, entry);
  }
  return [...last.values()];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\s+/g, " ");
}
