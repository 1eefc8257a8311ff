/** The measured answers of the CLI as facts for the table, and the class that a person gives each situation. */
import { readFile } from "node:fs/promises";
import { REASONS, type RunClass } from "../../../contract/agent-classes.ts";
import { afterRetry, nextStep } from "../../../agent/decision/next-step.ts";
import type { Facts, ProbeEnd } from "../../../agent/decision/facts.ts";
import type { FileView } from "../../../agent/decision/file-view.ts";
import { CLAUDE_VERSIONS } from "../simulation/claude-texts.ts";
import { measuredCases, setupOf, type MeasuredCase } from "./measured-cases.ts";
import { BLANK, CORRUPT, facts, NONE, NOW, UNREADABLE, usable } from "./facts.ts";

/** A measured answer as the table of decisions sees it. `retries`: CLAUDE_CODE_MAX_RETRIES; null: not set. */
export interface CaseRow {
  readonly cli: string;
  readonly retries: number | null;
  readonly case: string;
  readonly before: "live" | "expired" | "setup-token" | "none" | "blank" | "corrupt" | "unreadable";
  readonly exit: number;
  readonly answer: {
    readonly is_error: boolean;
    readonly api_error_status: number | null;
    readonly result: string;
  } | null;
  readonly stderr?: string;
  readonly after: "unchanged" | "rotated" | "new-access" | "blanked" | "none";
}

/** Returns all cases without another credential in the environment. The agent passes no such credential on. */
export async function caseRows(): Promise<readonly CaseRow[]> {
  const measured = CLAUDE_VERSIONS.flatMap((cli) =>
    measuredCases(cli)
      .filter((row) => setupOf(row.case).environment === undefined)
      .map((row) => caseRow(cli, row)),
  );
  // These were measured separately, without the number of requests.
  const path = new URL("../../fixtures/claude-cases/apart.json", import.meta.url);
  return [...measured, ...(JSON.parse(await readFile(path, "utf8")) as { rows: CaseRow[] }).rows];
}

function caseRow(cli: string, row: MeasuredCase): CaseRow {
  const { isError, status, result, retries, exit } = row;
  const answer =
    isError === null ? null : { is_error: isError, api_error_status: status, result: result ?? "" };
  return { cli, retries, case: row.case, before: beforeOf(row), exit, answer, after: afterOf(row) };
}

function beforeOf(row: MeasuredCase): CaseRow["before"] {
  const { file } = setupOf(row.case);
  if (typeof file === "object") return file.text === "{}" ? "none" : "corrupt";
  if (file === "without-refresh-token") return "setup-token";
  return file === "plain" || file === "dead" ? "live" : file;
}

function afterOf({ file }: MeasuredCase): CaseRow["after"] {
  if (typeof file === "string") return file;
  if (file.accessToken === "") return "blanked";
  return file.refreshToken.startsWith("NEW") ? "rotated" : "new-access";
}

/** Returns the class in which the table ends for a case, when every retry finds the same. */
export function classOfCase(row: CaseRow): RunClass {
  const file = fileBefore(row);
  let now: Facts = facts({ file, history: true });
  for (let steps = 0; steps < 10; steps++) {
    const step = nextStep(now);
    if (step.kind === "end") return REASONS[step.verdict.reason].class;
    if (step.kind === "retry") now = afterRetry(now, step.reason, now.probe?.after ?? now.file);
    else if (file.kind === "usable")
      now = { ...now, probe: { before: file, end: endOf(row), after: fileAfter(row, file), endedAt: NOW } };
  }
  throw new Error(`${row.case} has no end`);
}

/** Returns the class that a person gives the situation, without reading the CLI's text. */
export const EXPECTED = (row: CaseRow): RunClass => {
  const name = row.case;
  // The measurement ended it after 45 s or more. The agent leaves such a CLI running.
  if (row.exit === 124) return "tooling";
  if (/^(?:no credentials|blanked|corrupt JSON|empty credentials|credentials \{\})/.test(name))
    return "auth-dead";
  if (/invalid_grant/.test(name) || /no refresh token/.test(name)) return "auth-dead";
  if (/credentials file of root|^corrupt ~/.test(name)) return "tooling";
  if (/fresh lock/.test(name)) return "lock";
  if (/always|revoked", refresh ok/.test(name)) return "rejected";
  if (/API would be ok/.test(name) || /^ok,/.test(name) || /refresh ok/.test(name)) return "ok";
  if (/refresh (?:500|429|403|502|hangs)/.test(name)) return "transient";
  if (/usage-limit/.test(name)) return "limit";
  if (/not allowed|credit/.test(name)) return "org-policy";
  if (/404 model/.test(name)) return "tooling";
  if (/^API (?:429|5\d\d)|refused|hanging|DNS/.test(name)) return "transient";
  throw new Error(`The case "${name}" has no expected class.`);
};

/** Returns the number of cases for each pair of a person's class and the table's class. */
export function confusionMatrix(rows: readonly CaseRow[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const matrix = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const counts = matrix.get(EXPECTED(row)) ?? new Map<string, number>();
    const found = classOfCase(row);
    counts.set(found, (counts.get(found) ?? 0) + 1);
    matrix.set(EXPECTED(row), counts);
  }
  return matrix;
}

/** Returns the matrix as a table of Markdown, formatted as prettier does. */
export function matrixText(matrix: ReadonlyMap<string, ReadonlyMap<string, number>>): string {
  const names = [
    ...new Set([...matrix.keys(), ...[...matrix.values()].flatMap((counts) => [...counts.keys()])]),
  ].sort();
  const cells = [
    ["situation \\ class", ...names],
    ...names.map((name) => [name, ...names.map((found) => String(matrix.get(name)?.get(found) ?? "·"))]),
  ];
  const widths =
    cells[0]?.map((_, column) => Math.max(3, ...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  const line = (words: readonly string[]) =>
    `| ${words.map((word, column) => (column === 0 ? word.padEnd(widths[column] ?? 0) : word.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  const [head = [], ...body] = cells;
  return [line(head), rule, ...body.map(line)].join("\n");
}

function fileBefore(row: CaseRow): FileView {
  switch (row.before) {
    case "none":
      return NONE;
    case "blank":
      return BLANK;
    case "corrupt":
      return CORRUPT;
    case "unreadable":
      return UNREADABLE;
    case "live":
      return usable("a");
    case "expired":
      return usable("a", { expiresAt: NOW - 3_600_000 });
    case "setup-token":
      return usable("a", {
        credential: "setup-token",
        expiresAt: NOW - 3_600_000,
        loginExpiresAt: undefined,
      });
  }
}

function fileAfter(row: CaseRow, before: FileView): FileView {
  switch (row.after) {
    case "unchanged":
      return before;
    case "blanked":
      return BLANK;
    case "none":
      return NONE;
    case "rotated":
      // 2.1.197 drops refreshTokenExpiresAt, 2.1.330 keeps it.
      return usable("b", row.cli === "2.1.197" ? { loginExpiresAt: undefined } : {});
    case "new-access":
      return usable("a", { access: "at-b", ...(row.cli === "2.1.197" ? { loginExpiresAt: undefined } : {}) });
  }
}

function endOf(row: CaseRow): ProbeEnd {
  if (row.exit === 124) return { kind: "late" };
  const stdout =
    row.answer === null ? "" : JSON.stringify({ type: "result", subtype: "success", ...row.answer });
  return { kind: "ended", code: row.exit, signal: null, stdout, stderr: row.stderr ?? "" };
}
