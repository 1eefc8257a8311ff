/** The rules where the settings want them: placed by an `up`, seen when somebody edits them, gone with the setting. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { dashboard } from "../../plan/monitoring/dashboard.ts";
import { expectSuccess, preview, restoreStack, up } from "./support/pulumi.ts";
import { committedRoster, settingsWith } from "./support/roster.ts";
import { printed } from "./support/run.ts";

let environment: DevEnvironment;
let folder: string;

beforeAll(async () => {
  environment = await devEnvironment();
  folder = await mkdtemp(join(tmpdir(), "claude-fleet-monitoring-"));
});
afterAll(async () => {
  await restoreStack(environment);
  await rm(folder, { recursive: true, force: true });
});

describe("rules of the stack", () => {
  it("are placed, reviewed, repaired, and taken away", async () => {
    const directory = join(folder, "rules");
    const monitoring = { host: { local: true }, directory, runbook: "https://wiki.example.com/operations" };
    const configFile = await settingsWith(await committedRoster(), { monitoring });
    expectSuccess(await up(environment, { configFile }));
    const rules = join(directory, "prometheus-rules.yaml");
    await printed("promtool", ["check", "rules", rules]);
    expect(await readFile(rules, "utf8")).toContain("https://wiki.example.com/operations#claudelogindead");
    expectSuccess(await preview(environment, { configFile, args: ["--expect-no-changes"] }));

    await writeFile(rules, "# Rendered by claude-fleet\ngroups: []\n");
    const seen = await preview(environment, { configFile, args: ["--diff"] });
    expect(seen.output).toMatch(
      /prometheus-rules.yaml: is [0-9a-f]{12} instead of [0-9a-f]{12} \(placement 1\)/,
    );
    expectSuccess(await up(environment, { configFile }));
    await printed("promtool", ["check", "rules", rules]);
    expectSuccess(await preview(environment, { configFile, args: ["--expect-no-changes"] }));

    expectSuccess(await up(environment));
    expect(existsSync(directory)).toBe(false);
  });
});

describe("the examples in monitoring/", () => {
  it("are accepted by Prometheus's and Alertmanager's own tools", async () => {
    await printed("promtool", ["check", "config", join(checkout.root, "monitoring/prometheus.yaml")]);
    await printed("amtool", ["check-config", join(checkout.root, "monitoring/alertmanager.yaml")]);
  });

  it("route every severity to somebody, and the journal's alert to nobody twice", async () => {
    const file = join(checkout.root, "monitoring/alertmanager.yaml");
    const receiver = async (...labels: readonly string[]) =>
      (await printed("amtool", ["config", "routes", "test", `--config.file=${file}`, ...labels])).trim();
    expect(await receiver("severity=critical")).toBe("chat-and-mail");
    expect(await receiver("severity=warning")).toBe("mail");
    expect(await receiver("severity=info")).toBe("chat");
    expect(await receiver("alertname=reauth_required", "severity=critical")).toBe("rotation");
  });

  it("ask PromQL in every panel of the dashboard", async () => {
    const { panels } = dashboard() as { panels: readonly { targets: readonly { expr: string }[] }[] };
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(15);
    const rules = queries.map((expr, index) => ({
      record: `query_${index}`,
      expr: expr.replaceAll("$fleet", ".*"),
    }));
    const file = join(folder, "queries.yaml");
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    await printed("promtool", ["check", "rules", file]);
    expect(parse(await readFile(file, "utf8"))).toHaveProperty("groups");
  });
});
