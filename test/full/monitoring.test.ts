/** The rules where the settings want them: placed by an `up`, seen when somebody edits them, gone with the setting. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import { committedRoster, settingsWith } from "../support/environment/roster.ts";
import { printed } from "../support/environment/run.ts";

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
      /prometheus-rules.yaml: is [0-9a-f]{12} instead of [0-9a-f]{12} \(placement 1, [0-9a-f]{8}\)/,
    );
    expectSuccess(await up(environment, { configFile }));
    await printed("promtool", ["check", "rules", rules]);
    expectSuccess(await preview(environment, { configFile, args: ["--expect-no-changes"] }));

    expectSuccess(await up(environment));
    expect(existsSync(directory)).toBe(false);
  });
});
