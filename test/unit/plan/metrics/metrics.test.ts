/** The figures of a host and their text. */
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentStatus, UNREADABLE } from "../../../../contract/agent-status.ts";
import {
  workstationSamples,
  type HostFacts,
  type UserFacts,
} from "../../../../plan/metrics/workstation-samples.ts";
import { METRICS, STATUS_METRICS, USER_LABELS } from "../../../../plan/metrics/metric-table.ts";
import { textfile } from "../../../../plan/metrics/textfile.ts";
import { agentStatusWith, RAN_AT } from "../../../support/fakes/status.ts";

const alice: UserFacts = {
  fleet: "dev",
  workstation: "devvm",
  user: "alice",
  renewed: true,
  enrolled: true,
  paused: false,
  nextRunAt: RAN_AT + 3_600_000,
  status: agentStatusWith(),
};

const hostFacts: HostFacts = {
  now: RAN_AT + 1000,
  damagedPlans: 0,
  untrustedPaths: 0,
  users: [],
  hourlyRepair: undefined,
};

const render = (changes: Partial<UserFacts> = {}, host: Partial<HostFacts> = {}) =>
  textfile(workstationSamples({ ...hostFacts, users: [{ ...alice, ...changes }], ...host }));

/** Values of a metric by the labels beside fleet, workstation and user. */
const valuesOf = (text: string, name: string) =>
  [
    ...text.matchAll(
      new RegExp(`^${name}\\{fleet="dev",workstation="devvm",user="alice"(?:,([^}]*))?\\} (.*)$`, "gm"),
    ),
  ].map(([, labels = "", value]) => [labels, Number(value)]);

describe("a user's figures", () => {
  it("tell everything that the status knows", () => {
    expect(render()).toMatchSnapshot();
  });

  it("leave out what is not known, and what has never been", () => {
    const status = agentStatusWith({
      lastSuccessAt: null,
      failingSince: RAN_AT - 1000,
      loginExpiresAt: null,
      kind: null,
      claude: null,
      vaultTokenExpiresAt: null,
    });
    const text = render({ status, nextRunAt: null });
    expect(text).not.toContain("last_success");
    expect(text).not.toContain("next_run");
    expect(text).not.toContain("estimated");
    expect(
      valuesOf(text, "claude_fleet_user_credential_expiry_timestamp_seconds").map(([label]) => label),
    ).toEqual(['credential="access-token"']);
    expect(valuesOf(text, "claude_fleet_user_failing_since_timestamp_seconds")).toEqual([
      ["", RAN_AT / 1000 - 1],
    ]);
  });

  it("do not let a clock that goes ahead hide that nothing happens any more", () => {
    const text = render({ status: agentStatusWith({ ranAt: RAN_AT * 2, lastSuccessAt: RAN_AT * 2 }) });
    expect(valuesOf(text, "claude_fleet_user_last_run_timestamp_seconds")).toEqual([["", RAN_AT / 1000 + 1]]);
    expect(valuesOf(text, "claude_fleet_user_last_success_timestamp_seconds")).toEqual([
      ["", RAN_AT / 1000 + 1],
    ]);
  });

  it("name a class and a reason of the agent's own lists, whatever the status says", () => {
    const text = render({
      status: agentStatusWith({ class: "invented-by-somebody", reason: "constructor" }),
    });
    expect(valuesOf(text, "claude_fleet_user_class")).toEqual([['class="unknown",reason="odd"', 1]]);
  });

  it("name a version only where it looks like one", () => {
    expect(render({ status: agentStatusWith({ claude: "2.1.330-evil" }) })).not.toContain("evil");
  });

  it.each(UNREADABLE)("say nothing of a run when its status is refused for: %s", (reason) => {
    const text = render({ status: reason });
    expect(valuesOf(text, "claude_fleet_user_status_readable")).toEqual([["", 0]]);
    expect(text).toContain(`claude_fleet_statuses_unreadable{reason="${reason}"} 1\n`);
    expect(text).not.toContain("last_run_timestamp_seconds{fleet");
    expect(text).not.toContain("claude_fleet_user_class{");
  });
});

describe("the text", () => {
  // Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
  const SAMPLE = /^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?\d+(?:\.\d+)?)$/;

  it("of any status is well-formed, names root's labels, and repeats no sample", () => {
    const time = fc.option(fc.integer({ min: 0, max: 7_258_118_400_000 }), { nil: null });
    const status = fc
      .record({
        ranAt: fc.integer({ min: 0, max: 7_258_118_400_000 }),
        class: fc.stringMatching(/^[a-z][a-z-]{0,39}$/),
        claude: fc.option(fc.string({ maxLength: 40 }), { nil: null }),
        why: fc.string({ maxLength: 600 }),
        lastSuccessAt: time,
        failingSince: time,
        loginExpiresAt: time,
        kind: fc.constantFrom("login" as const, "setup-token" as const, null),
        exitCode: fc.integer({ min: 0, max: 255 }),
      })
      .map((changes) => agentStatus.parse(agentStatusWith(changes)));
    fc.assert(
      fc.property(status, (one) => {
        const text = render({ status: one });
        const names = new Set<string>(Object.values(METRICS).map(({ name }) => name));
        const lines = text.split("\n");
        expect(lines.pop()).toBe("");
        const samples = lines.filter((line) => !line.startsWith("# "));
        for (const line of samples) {
          const [, name = "", labels = ""] = SAMPLE.exec(line) ?? [];
          expect(names).toContain(name);
          if (name.startsWith("claude_fleet_user_")) {
            expect(labels).toMatch(/^fleet="dev",workstation="devvm",user="alice"(,|$)/);
          }
        }
        const keys = samples.map((line) => line.slice(0, line.lastIndexOf(" ")));
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  it("has help and type once for each metric, before its samples", () => {
    const users = ["alice", "bob"].map((user) => ({ ...alice, user }));
    const text = render({}, { users });
    for (const { name, type, help } of Object.values(METRICS)) {
      const parts = text.split(`# HELP ${name} ${help}.\n# TYPE ${name} ${type}\n`);
      if (text.includes(`${name}{`) || text.includes(`\n${name} `)) expect(parts).toHaveLength(2);
    }
  });

  it("names labels that the table names", () => {
    const users = [alice, { ...alice, user: "bob", status: "missing" as const }];
    for (const { metric, labels } of workstationSamples({ ...hostFacts, users })) {
      const own = metric.name.startsWith("claude_fleet_user_") ? USER_LABELS : [];
      expect(Object.keys(labels)).toEqual([...own, ...metric.labels]);
    }
  });

  it("shows what the hourly repair did, once it has run", () => {
    expect(render()).not.toContain("claude_fleet_assert");
    const text = render({}, { hourlyRepair: { at: RAN_AT + 5000, mendedTotal: 7, problems: 1 } });
    // A clock that went back must not show a run that is yet to come.
    expect(text).toContain(`\nclaude_fleet_assert_last_run_timestamp_seconds ${(RAN_AT + 1000) / 1000}\n`);
    expect(text).toContain(
      "\n# TYPE claude_fleet_assert_mended_total counter\nclaude_fleet_assert_mended_total 7\n",
    );
    expect(text).toContain("\nclaude_fleet_assert_problems 1\n");
  });

  it("refuses a value that is no number", () => {
    expect(() => textfile([{ metric: METRICS.collected, labels: {}, value: Number.NaN }])).toThrow(
      RangeError,
    );
  });
});

describe("docs/reference/metrics.md", () => {
  it("explains every metric, and every reason for which a status is refused", async () => {
    const text = await readFile(new URL("../../../../docs/reference/metrics.md", import.meta.url), "utf8");
    for (const { name, help, type, labels } of [
      ...Object.values(METRICS),
      ...Object.values(STATUS_METRICS),
    ]) {
      const row = text.split("\n").find((line) => line.startsWith(`| \`${name}\` `));
      for (const part of [help, type, ...labels]) expect(row, name).toContain(part);
    }
    for (const reason of UNREADABLE) expect(text).toContain(`| \`${reason}\` `);
  });
});
