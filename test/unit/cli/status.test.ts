/** How the status looks: as a table, and as a page. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { html } from "../../../cli/status/page.ts";
import { statusPage } from "../../../cli/status/page.ts";
import { statusText } from "../../../cli/status/table.ts";
import { axisPosition, marksOf, TICKS } from "../../../cli/status/timeline.ts";
import { DAY, NOW, statusOf, tokenWith, workstationWith } from "../../support/fakes/fleet-status.ts";
import { agentStatusWith } from "../../support/fakes/status.ts";

const failing = (why = "the CLI has emptied the login") =>
  statusOf(
    workstationWith({
      status: agentStatusWith({ word: "FAIL", class: "auth-dead", reason: "blanked", exitCode: 10, why }),
    }),
  );

describe("the table", () => {
  it("opens with who needs a person, and ends with what to type", () => {
    expect(statusText(failing(), false)).toMatchInlineSnapshot(`
      "1 of 2 need a person: alice

      USER   WORKSTATION  STATE           CLASS                SUCCESS  LOGIN LEFT  SETUP LEFT  VAULT LEFT  BACKUP            NEXT RUN  DATA
      alice  devvm        needs a person  auth-dead (blanked)  60m ago  dead        –           31d         60m old, matches  in 5h     60m old
      guest  devvm        not renewed     –                    –        –           –           –           –                 –         –

      TOKEN     SERVICE  CONTAINER      STATE  TOKEN READ    MATCHES
      platform  one      one-container  ok     aaaaaaaaaaaa  yes

      needs a person  alice: the CLI has emptied the login
          npx claude-fleet login alice
      "
    `);
  });

  it("says when nobody does", () => {
    expect(statusText(statusOf(), false)).toMatchInlineSnapshot(`
      "0 of 2 need a person

      USER   WORKSTATION  STATE        CLASS  SUCCESS  LOGIN LEFT  SETUP LEFT  VAULT LEFT  BACKUP            NEXT RUN  DATA
      alice  devvm        ok           ok     60m ago  ~29d        –           31d         60m old, matches  in 5h     60m old
      guest  devvm        not renewed  –      –        –           –           –           –                 –         –

      TOKEN     SERVICE  CONTAINER      STATE  TOKEN READ    MATCHES
      platform  one      one-container  ok     aaaaaaaaaaaa  yes
      "
    `);
  });

  it("is coloured where it is asked to be, without moving a column", () => {
    const painted = statusText(failing(), true);
    expect(painted).toContain("\u001b[31m");
    // eslint-disable-next-line no-control-regex -- that is what colours are
    expect(painted.replace(/\u001b\[\d+m/g, "")).toBe(statusText(failing(), false));
  });

  it("shows no control character that a user wrote", () => {
    expect(statusText(failing("\u001b[2J\u202egone"), false)).not.toMatch(/[^\P{C}\n]/u);
  });
});

describe("the page", () => {
  it("loads nothing from elsewhere, and has no script", () => {
    const page = statusPage(failing());
    expect(page).not.toMatch(/<script|<link rel="style|<img|@import|https?:/);
    expect(page).toContain("default-src 'none'");
  });

  it("escapes whatever users and hosts say", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const markup = html`<p>${text}</p>`.text.slice(3, -4);
        expect(markup).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|apos;)/);
      }),
    );
    expect(statusPage(failing("<script>alert(1)</script>"))).not.toContain("<script>");
  });

  it("names what a person has to do before everything else", () => {
    const page = statusPage(failing());
    const at = (text: string) => page.indexOf(text);
    expect(at("<h1>1 of 2 need a person: alice</h1>")).toBeGreaterThan(0);
    expect(at("npx claude-fleet login alice")).toBeGreaterThan(at("</h1>"));
    expect(at("When credentials end")).toBeGreaterThan(at("npx claude-fleet login alice"));
  });

  it("has every row of both tables", () => {
    const page = statusPage(statusOf(workstationWith(), tokenWith()));
    for (const name of ["alice", "guest", "platform"]) expect(page).toContain(`<th scope="row">${name}</th>`);
  });
});

describe("the time axis", () => {
  test("goes from now to a year, and the next days have the most room", () => {
    const places = TICKS.map(({ days }) => axisPosition(days));
    expect(places[0]).toBe(0);
    expect(places.at(-1)).toBe(100);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(axisPosition(7)).toBeGreaterThan(33);
    expect(axisPosition(-3)).toBe(0);
    expect(axisPosition(4000)).toBe(100);
  });

  test("says each mark in words, the earliest end first", () => {
    const status = agentStatusWith({ loginExpiresAt: NOW + 9 * DAY, vaultTokenExpiresAt: NOW + 31 * DAY });
    const [row] = statusOf(workstationWith({ status })).users;
    expect(row === undefined ? [] : marksOf(row).map(({ words }) => words)).toEqual([
      "login ends in 9d, on 2026-01-10 (estimated)",
      "Vault token ends in 31d, on 2026-02-01 unless it is renewed",
    ]);
  });

  test("has nothing of a user of whom nothing is known", () => {
    const [row] = statusOf({ kind: "unknown", reason: "away" }).users;
    expect(row === undefined ? ["?"] : marksOf(row)).toEqual([]);
  });
});
