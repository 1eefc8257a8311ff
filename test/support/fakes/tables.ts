/** The tables of contract/agent-classes.ts as the docs show them. */
import { BACKUP_STATES, CLASSES, REASONS } from "../../../contract/agent-classes.ts";

/** A table of Markdown as prettier formats it. */
export function markdown(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** Every reason, below its class. */
export function reasonsTable(): string {
  return markdown(
    ["class", "reason", "word", "exit code", "meaning"],
    Object.entries(REASONS).map(([reason, facts]) => [
      `\`${facts.class}\``,
      `\`${reason}\``,
      facts.word,
      exitText(facts.class, "exit" in facts ? facts.exit : CLASSES[facts.class].exit),
      facts.meaning,
    ]),
  );
}

/** Every state of a backup. */
export function statesTable(): string {
  return markdown(
    ["backup", "word", "exit code", "meaning"],
    Object.entries(BACKUP_STATES).map(([state, facts]) => [
      `\`${state}\``,
      facts.word,
      String(facts.exit),
      facts.meaning,
    ]),
  );
}

function exitText(name: string, exit: number): string {
  return name === "ok" && exit !== 0 ? `0, as FAIL ${exit}` : String(exit);
}
