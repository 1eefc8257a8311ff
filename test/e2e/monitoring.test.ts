/** What monitoring/ offers, held against the tools that would read it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../dev/checkout.ts";
import { dashboard } from "../../plan/monitoring/dashboard.ts";
import { printed } from "../support/environment/run.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "claude-fleet-monitoring-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("the examples in monitoring/", () => {
  it("are accepted by Prometheus's and Alertmanager's own tools", async () => {
    await printed("promtool", ["check", "config", join(checkout.root, "monitoring/prometheus.yaml")]);
    await printed("amtool", ["check-config", join(checkout.root, "monitoring/alertmanager.yaml")]);
  });

  it("route every severity to a receiver, and the journal's alert to no receiver twice", async () => {
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
