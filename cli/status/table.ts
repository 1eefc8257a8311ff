/** Renders the status as text: the headline, a table of users, a table of containers, and what to type. Pure. */
import Table from "cli-table3";
import { headline, nameOf } from "../../plan/status/fleet-status.ts";
import type { Condition, FleetStatus, State } from "../../plan/status/rows.ts";
import { paint, type Colour } from "../colours.ts";
import { CONSUMER_COLUMNS, STATE_WORDS, USER_COLUMNS, type Column } from "./columns.ts";

const COLOURS: Readonly<Partial<Record<State, Colour>>> = {
  ok: "green",
  watch: "yellow",
  person: "red",
  "awaiting-login": "cyan",
  unknown: "magenta",
};

/** The parts of a table's borders, of which only the gap between columns is drawn. */
const NO_BORDERS = Object.fromEntries(
  ["top", "mid", "bottom"]
    .flatMap((line) => [line, `${line}-left`, `${line}-mid`, `${line}-right`])
    .concat("left", "left-mid", "right", "right-mid")
    .map((part) => [part, ""]),
);

/** States that need a sentence below the tables, in this order. */
const EXPLAINED: readonly State[] = ["person", "unknown", "watch", "awaiting-login"];

/** Renders the status, with a line feed at its end. @param colours whether states are coloured */
export function statusText(status: FleetStatus, colours: boolean): string {
  const { users, consumers, troubles } = status;
  const blocks = [
    headline(status),
    users.length === 0 ? "" : table(USER_COLUMNS, users, colours),
    consumers.length === 0 ? "" : table(CONSUMER_COLUMNS, consumers, colours),
    [...users, ...consumers, ...troubles]
      .filter(({ state }) => EXPLAINED.includes(state))
      .toSorted((a, b) => EXPLAINED.indexOf(a.state) - EXPLAINED.indexOf(b.state))
      .map((row) => explanation(nameOf(row), row, colours))
      .join("\n"),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function explanation(name: string, { state, why, command }: Condition, colours: boolean): string {
  const line = `${stateWord(state, colours)}  ${name}: ${why}`;
  return command === undefined ? line : `${line}\n    ${command}`;
}

function table<Row extends Condition>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  colours: boolean,
): string {
  const rendered = new Table({
    head: columns.map(({ title }) => title),
    chars: { ...NO_BORDERS, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) {
    rendered.push(
      columns.map(({ title, cell }) => (title === "STATE" ? stateWord(row.state, colours) : cell(row))),
    );
  }
  return rendered.toString().replace(/ +$/gm, "");
}

function stateWord(state: State, colours: boolean): string {
  const colour = COLOURS[state];
  return colours && colour !== undefined ? paint(STATE_WORDS[state], colour) : STATE_WORDS[state];
}
