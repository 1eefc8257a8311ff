/** Alerts, files and handbook say the same; LogQL is what Grafana's own parser takes, over lines that the agent writes. */
import { readdir, readFile } from "node:fs/promises";
import { parser } from "@grafana/lezer-logql";
import { describe, expect, it, test } from "vitest";
import { claudeFleet } from "../../../../cli/commands.ts";
import { parse } from "yaml";
import {
  BACKUP_STATES,
  CLASSES,
  EXIT_PENDING,
  EXIT_USAGE,
  REASONS,
  SHARED_TOKEN,
} from "../../../../contract/agent-classes.ts";
import { reportLine, type Report } from "../../../../contract/agent-report.ts";
import { FINDINGS } from "../../../../plan/diagnosis/finding-table.ts";
import { METRICS, STATUS_METRICS } from "../../../../plan/metrics/metric-table.ts";
import { monitoringFiles, prometheusGroups } from "../../../../plan/monitoring/files.ts";
import { silentFor } from "../../../../plan/monitoring/alert-thresholds.ts";
import { FAILED, FALLBACK, lokiGroups, VERDICT } from "../../../../plan/monitoring/loki-rules.ts";
import { STEPS } from "../../../../plan/rotation/step-table.ts";
import { DEFAULT_RULE_SETTINGS, ruleSettings } from "../../../../plan/monitoring/settings.ts";
import { load } from "../../../support/plan/fixtures.ts";
import {
  BACKUP_UNIT,
  RECHECK_UNIT,
  SERVICE_UNIT,
  userBackup,
  userRecheck,
  userService,
} from "../../../../plan/units/names.ts";

const root = new URL("../../../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");

const groups = [...prometheusGroups(DEFAULT_RULE_SETTINGS), ...lokiGroups(DEFAULT_RULE_SETTINGS)];
const alerts = groups.flatMap((group) => group.alerts);
const names = [...new Set(alerts.map(({ name }) => name))];

describe("monitoring/", () => {
  it.each(Object.entries(monitoringFiles(DEFAULT_RULE_SETTINGS)))(
    "has %s as it is rendered now",
    async (name, text) => {
      expect(await read(`monitoring/${name}`), "run `npm run monitoring`").toBe(text);
    },
  );

  it("names labels and places as the rules and the host have them", async () => {
    const alloy = await read("monitoring/workstation.alloy");
    expect(alloy).toContain('job = "claude-fleet-journal"');
    expect(alloy).toContain("__journal__systemd_unit");
    const kept = new RegExp(`^(?:${/regex\s+= "([^"]+)"/.exec(alloy)?.[1]})$`);
    for (const template of [SERVICE_UNIT, BACKUP_UNIT, RECHECK_UNIT]) {
      expect(template.replace("@", "@john.doe")).toMatch(kept);
    }
    for (const label of ["unit", "host"]) expect(alloy).toContain(`target_label  = "${label}"`);
    expect(await read("monitoring/containers.alloy")).toContain('job = "claude-fleet-containers"');
    for (const file of ["workstation.alloy", "node-exporter.env"]) {
      expect(await read(`monitoring/${file}`)).toContain("/var/lib/claude-fleet/metrics");
    }
  });

  it("has the stack's own settings in what is rendered for a stack", () => {
    const settings = ruleSettings(load(), "https://wiki.example.com/operations");
    expect(settings).toEqual({ ...DEFAULT_RULE_SETTINGS, runbook: "https://wiki.example.com/operations" });
    const twice = monitoringFiles({ ...settings, everySeconds: 12 * 3600, mount: "kv" });
    expect(twice["loki-rules.yaml"]).toContain("[25h]");
    expect(twice["prometheus-rules.yaml"]).toContain("-mount=kv");
    expect(twice["prometheus-rules.yaml"]).toContain("https://wiki.example.com/operations#claudelogindead");
  });

  it("uses only metrics that the collector or the status renders", () => {
    const known = new Set<string>(
      [...Object.values(METRICS), ...Object.values(STATUS_METRICS)].map(({ name }) => name),
    );
    const texts = [...Object.values(monitoringFiles(DEFAULT_RULE_SETTINGS))].join("\n");
    const used = [...texts.matchAll(/\bclaude_fleet_[a-z_]+/g)].map(([name]) => name);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
    expect(used.length).toBeGreaterThan(50);
  });

  it("is told of in the handbook, each file", async () => {
    const text = await read("docs/operations/monitoring.md");
    for (const name of await readdir(new URL("monitoring", root))) expect(text).toContain(`\`${name}\``);
  });
});

describe("an alert", () => {
  test.each(alerts.map((alert) => [alert.name, alert] as const))(
    "%s says who, what and which command",
    (_, alert) => {
      expect(alert.about).toMatch(/\{\{ \$(labels\.|value )/);
      expect(alert.means).toMatch(/^[a-z].*[^.]$/);
      expect(alert.command).not.toBe("");
    },
  );

  it("brings a command that there is", () => {
    const known = claudeFleet().commands.map((command) => command.name());
    for (const { name, command } of alerts) {
      const own = /^npx claude-fleet ([a-z]+)/.exec(command)?.[1];
      if (own === undefined) expect(command, name).toMatch(/^(npx pulumi up$|vault )/);
      else expect(known, name).toContain(own);
    }
  });

  it("names a user, and never two conditions at once, where it is about one", () => {
    for (const { expr, about } of alerts) {
      if (about.includes("$labels.user"))
        expect(expr).toMatch(/by \((fleet, )?workstation, user\)|user_login_dead/);
    }
  });
});

describe("docs/reference/alerts.md", () => {
  it("has one section for every alert, with its severity and its command", async () => {
    const text = await read("docs/reference/alerts.md");
    const sections = new Map(
      text
        .split(/^### /m)
        .slice(1)
        .map((section) => [section.slice(0, section.indexOf("\n")), section] as const),
    );
    expect([...sections.keys()].sort()).toEqual([...names].sort());
    for (const { name, severity, command } of alerts) {
      expect(sections.get(name), name).toContain(`\n- ${severity}`);
      const typed = command.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) =>
        label.toUpperCase(),
      );
      expect(sections.get(name), name).toContain(`\n${typed}\n`);
    }
  });

  it("has an explanation of every alert in sentences, below what is generated", async () => {
    const text = await read("docs/reference/alerts.md");
    for (const name of names) {
      const section = text.split(`\n### ${name}\n`)[1]?.split("\n### ")[0] ?? "";
      const paragraphs = (section.split("<!-- end -->\n")[1] ?? "").trim().split("\n\n");
      for (const paragraph of paragraphs) expect(paragraph, name).toMatch(/^[A-Z`].*[.]$/);
    }
  });
});

describe("docs/reference/exit-codes.md", () => {
  it("has a row for every class and exit code of the agent, and none for another", async () => {
    const text = await read("docs/reference/exit-codes.md");
    const agent = /\n## The agent and [^]*/.exec(text)?.[0] ?? "";
    const rows = [...agent.matchAll(/^\| (\d+) +\| ([a-z -]*?) +\| (?:`([a-z-]+)`)? *\|/gm)].map(
      ([, code, group = "", word = ""]) => [Number(code), group, word] as const,
    );
    const codes = [
      ...[...Object.values(CLASSES), ...Object.values(REASONS), ...Object.values(BACKUP_STATES)].flatMap(
        (facts) => ("exit" in facts ? facts.exit : []),
      ),
      ...[SHARED_TOKEN.exit, EXIT_USAGE, EXIT_PENDING],
    ];
    const documented = new Set(rows.map(([code]) => code));
    expect([...documented].sort((a, b) => a - b)).toEqual([...new Set(codes)].sort((a, b) => a - b));
    for (const name of Object.keys(CLASSES)) expect(rows.map(([, group]) => group)).toContain(name);
    const known = [...Object.keys(REASONS), ...Object.keys(BACKUP_STATES), SHARED_TOKEN.reason, ""];
    for (const [, , word] of rows) expect(known).toContain(word);
    for (const reason of Object.keys(REASONS)) expect(rows.map(([, , word]) => word)).toContain(reason);
  });

  it("has every finding with its exit code and severity, and every step with its exit code", async () => {
    const text = await read("docs/reference/exit-codes.md");
    const rows = text
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));
    const has = (...cells: readonly string[]) =>
      rows.some((row) => cells.every((cell, at) => row[at + 1] === cell));
    const findings = Object.entries(FINDINGS).filter(
      ([kind, { exit, severity }]) => !has(String(exit), kind, severity ?? ""),
    );
    expect(findings).toEqual([]);
    expect(Object.entries(STEPS).filter(([name, { exit }]) => !has(String(exit), name))).toEqual([]);
  });
});

describe("Loki's rules", () => {
  const loki = lokiGroups(DEFAULT_RULE_SETTINGS).flatMap((group) => group.alerts);

  it.each(loki.map(({ name, expr }) => [name, expr]))("%s is LogQL", (_, expr) => {
    const errors: string[] = [];
    parser.parse(expr).iterate({
      enter: (node) => {
        if (node.type.isError) errors.push(expr.slice(node.from - 20, node.to + 20));
      },
    });
    expect(errors).toEqual([]);
  });

  it("would be told if it were none", () => {
    let broken = false;
    parser.parse('sum by (user) (count_over_time({job="x"} |~ [7h]))').iterate({
      enter: (node) => void (broken ||= node.type.isError),
    });
    expect(broken).toBe(true);
  });

  it("look back further than two runs are apart", () => {
    const text = monitoringFiles(DEFAULT_RULE_SETTINGS)["loki-rules.yaml"] ?? "";
    const hours = Number(/unwrap failed \[(\d+)h\]/.exec(text)?.[1]);
    expect(hours * 3600).toBeGreaterThanOrEqual(silentFor(DEFAULT_RULE_SETTINGS));
    expect(parse(text)).toHaveProperty("groups");
  });

  const line = (changes: Partial<Report>) =>
    reportLine({
      ...{
        user: "john.doe",
        fleet: "prod",
        word: "OK",
        class: "ok",
        reason: "proven",
        exitCode: 0,
        backup: "unchanged",
      },
      ...changes,
    });
  /** What the rule makes of a line: 1, 0, or nothing. */
  const verdict = (text: string): string | undefined => {
    if (!new RegExp(VERDICT).test(text)) return undefined;
    const word = /^(?<word>[A-Z]+) /.exec(text)?.groups?.["word"];
    const [, failed, fine] = /\{\{ if eq \.word "FAIL" \}\}(\d)\{\{ else \}\}(\d)/.exec(FAILED) ?? [];
    return word === "FAIL" ? failed : fine;
  };

  test.each<[string, Partial<Report>, string | undefined]>([
    ["a failure", { word: "FAIL", class: "auth-dead", reason: "blanked", why: "emptied" }, "1"],
    ["a failure of the backup alone", { word: "FAIL", reason: "identity-mismatch" }, "1"],
    ["a success", { claude: "2.1.330", vaultTtlSeconds: 2_764_799 }, "0"],
    ["a success while Vault is away", { word: "WARN", backup: "pending" }, "0"],
    ["passing trouble", { word: "WARN", class: "transient", reason: "api", why: "FAIL class=ok" }, undefined],
    ["another run that does not end", { word: "WARN", class: "busy", reason: "other-run" }, undefined],
    [
      "a first login that is awaited",
      { word: "INFO", class: "awaiting-login", reason: "no-login" },
      undefined,
    ],
    ["words of others in a success", { why: "said FAIL user=root" }, "0"],
  ])("take %s for what it is", (_, changes, expected) => {
    expect(verdict(line(changes))).toBe(expected);
  });

  it.each(["", "FAILED to start", "x FAIL user=alice", "OK", '{"word":"FAIL"}'])(
    "make nothing of %j",
    (text) => {
      expect(verdict(text)).toBeUndefined();
    },
  );

  it("take the user from each of a user's units, whatever the name is made of", () => {
    const expr = loki[0]?.expr ?? "";
    const stream = new RegExp(`^(?:${/unit=~"([^"]+)"/.exec(expr)?.[1] ?? ""})$`);
    const label = new RegExp(`^(?:${/regexReplaceAll "([^"]+)"/.exec(expr)?.[1] ?? ""})$`);
    for (const user of ["alice", "john.doe", "anca_elena98", "a-b"]) {
      for (const unit of [userService(user), userBackup(user), userRecheck(user)]) {
        expect(unit).toMatch(stream);
        expect(label.exec(unit)?.[1]).toBe(user);
      }
    }
    for (const other of [
      "session-3.scope",
      "claude-auth-sync-other@alice.service",
      "claude-fleet-assert.service",
    ])
      expect(other).not.toMatch(stream);
  });

  // A death that the path unit's service saw must raise it, and a login that this service proved must end it.
  it("take the newest verdict of all of a user's units together", () => {
    expect(loki[0]?.expr).toMatch(/^last_over_time\([^]+\) by \(workstation, user\) == 1$/);
  });

  it("take the gateway's own words, and not the noise of a refresh that cannot be", () => {
    expect('{"event":"gateway_using_fallback_key"}').toMatch(new RegExp(FALLBACK));
    expect('{"event":"llm_auth_refresh_token_revoked"}').not.toMatch(new RegExp(FALLBACK));
  });
});
