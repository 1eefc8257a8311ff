/** The status as text: the headline, a table of users and one of containers, and what to type. Pure. */
import { headline, nameOf } from "../../plan/status/fleet-status.ts";
import type { FleetStatus, State, Condition } from "../../plan/status/rows.ts";
import { CONSUMER_COLUMNS, STATE_WORDS, USER_COLUMNS, type Column } from "./columns.ts";

const COLOURS: Readonly<Partial<Record<State, number>>> = {
  ok: 32,
  watch: 33,
  person: 31,
  "awaiting-login": 36,
  unknown: 35,
};

/** States about which there is something to type or to know. */
const TOLD: readonly State[] = ["person", "unknown", "watch", "awaiting-login"];

/** The text, with a line feed at its end. @param colour whether it goes to a terminal */
export function statusText(status: FleetStatus, colour: boolean): string {
  const { users, consumers, troubles } = status;
  const blocks = [
    headline(status),
    users.length === 0 ? "" : table(USER_COLUMNS, users, colour),
    consumers.length === 0 ? "" : table(CONSUMER_COLUMNS, consumers, colour),
    [...users, ...consumers, ...troubles]
      .filter(({ state }) => TOLD.includes(state))
      .toSorted((a, b) => TOLD.indexOf(a.state) - TOLD.indexOf(b.state))
      .map((row) => told(nameOf(row), row, colour))
      .join("\n"),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function told(name: string, { state, why, command }: Condition, colour: boolean): string {
  const line = `${paint(STATE_WORDS[state], state, colour)}  ${name}: ${why}`;
  return command === undefined ? line : `${line}\n    ${command}`;
}

function table<Row extends Condition>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  colour: boolean,
): string {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const widths = columns.map(({ title }, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const line = (texts: readonly string[], state?: State) =>
    texts
      .map((text, column) => {
        const padded = column === texts.length - 1 ? text : text.padEnd(widths[column] ?? 0);
        const painted = state !== undefined && columns[column]?.title === "STATE";
        return painted ? paint(padded, state, colour) : padded;
      })
      .join("  ")
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    ...cells.map((texts, row) => line(texts, rows[row]?.state)),
  ].join("\n");
}

function paint(text: string, state: State, colour: boolean): string {
  const code = COLOURS[state];
  return colour && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text;
}
