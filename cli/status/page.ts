/** The status as one page that needs nothing but itself: no script, no request, no font of somebody else's. Pure. */
import { escapeUTF8 } from "entities/escape";
import { headline, nameOf } from "../../plan/status/fleet-status.ts";
import type { ConsumerRow, FleetStatus, State, Trouble, UserRow, Condition } from "../../plan/status/rows.ts";
import { ALERT_THRESHOLDS } from "../../plan/monitoring/alert-thresholds.ts";
import { CONSUMER_COLUMNS, STATE_WORDS, USER_COLUMNS, type Column } from "./columns.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { axisPosition, marksOf, TICKS } from "./timeline.ts";

/** The whole document. */
export function statusPage(status: FleetStatus): string {
  const { users, consumers, troubles } = status;
  const rows = [...users, ...consumers, ...troubles];
  const content = [
    toDo("What a person has to do", rows, "person"),
    toDo("Not known", rows, "unknown"),
    toDo("To be watched", rows, "watch"),
    toDo("Have never logged in", rows, "awaiting-login"),
    users.length === 0 ? html`` : timeline(users),
    section("Users", USER_COLUMNS, users),
    section("Containers", CONSUMER_COLUMNS, consumers),
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <link rel="icon" href="data:," />
        <title>${headline(status)} · ${status.fleet}</title>
        <style>
          ${new Html(PAGE_STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${headline(status)}</h1>
          <p class="soft">
            Fleet ${status.fleet}, asked on ${moment(status.at)}. Times are by each host's own clock.
          </p>
        </header>
        <main>${content}</main>
      </body>
    </html> `.text;
}

function moment(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`;
}

/** Everything in one state, with what to type; nothing where nothing is in it. */
function toDo(title: string, rows: readonly (UserRow | ConsumerRow | Trouble)[], state: State): Html {
  const found = rows.filter((row) => row.state === state);
  if (found.length === 0) return html``;
  const items = found.map((row) => {
    const command = row.command === undefined ? html`` : html`<br /><code>${row.command}</code>`;
    return html`<li class="${state}"><strong>${nameOf(row)}</strong>: ${row.why}${command}</li>`;
  });
  return html`<section>
    <h2>${title}</h2>
    <ul class="list">
      ${items}
    </ul>
  </section>`;
}

function timeline(users: readonly UserRow[]): Html {
  const ticks = TICKS.map(
    ({ days, label }) =>
      html`<li class="tick${days === 1 || days === 90 ? " few" : ""}" style="left:${axisPosition(days)}%">
        ${label}
      </li>`,
  );
  const lines = users.flatMap((row) => {
    const marks = marksOf(row).map(
      ({ letter, kind, at, words }) =>
        html`<li style="left:${at}%" title="${words}">
          <span class="mark ${kind}" aria-hidden="true">${letter}</span><span class="hidden">${words}</span>
        </li>`,
    );
    return marks.length === 0
      ? []
      : [
          html`<li>
            <span>${row.user}</span>
            <ul class="track">
              ${marks}
            </ul>
          </li>`,
        ];
  });
  const soon = axisPosition(ALERT_THRESHOLDS.loginLeft[1] / 86_400);
  return html`<section>
    <h2>When credentials end</h2>
    <ul class="key">
      <li><span class="mark login" aria-hidden="true">L</span>login: a person logs in again before</li>
      <li>
        <span class="mark setup" aria-hidden="true">S</span>setup-token: a person makes a new one before
      </li>
      <li><span class="mark vault" aria-hidden="true">V</span>Vault token: every run renews it</li>
    </ul>
    <ul class="axis" style="--soon:${soon}%">
      <li aria-hidden="true">
        <span></span>
        <ul class="track">
          ${ticks}
        </ul>
      </li>
      ${lines}
    </ul>
  </section>`;
}

function section<Row extends Condition>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Html {
  if (rows.length === 0) return html``;
  const head = columns.map((column) => html`<th scope="col">${column.title.toLowerCase()}</th>`);
  const body = rows.map((row) => {
    const cells = columns.map(({ title: name, cell }, index) => {
      if (index === 0) return html`<th scope="row">${cell(row)}</th>`;
      if (name === "STATE") {
        return html`<td><span class="state state-${row.state}">${STATE_WORDS[row.state]}</span></td>`;
      }
      return html`<td>${cell(row)}</td>`;
    });
    return html`<tr>
      ${cells}
    </tr>`;
  });
  return html`<section>
    <h2>${title}</h2>
    <div class="scroll" role="region" aria-label="${title}" tabindex="0">
      <table>
        <thead>
          <tr>
            ${head}
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** Markup that is written without escaping. */
export class Html {
  constructor(readonly text: string) {}
}

/** Builds markup from a template. Values are escaped unless they are {@link Html}. Lists are joined. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(markup)));
}

function markup(value: string | number | Html | readonly Html[]): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("\n");
  return escapeUTF8(String(value));
}
