/**
 * A hundred short schedules with the real CLI, systemd and Vault. Sessions, sign-ins and crashes meet the path unit.
 * Counts at the stand-in: used-up refresh tokens that the agent sent, and live logins that the agent lost.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { claudeBinary } from "../../dev/pinned-programs.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { expectSuccess, restoreStack, up } from "../support/environment/pulumi.ts";
import { committedRoster, settingsWith } from "../support/environment/roster.ts";
import { runSchedule } from "../support/real-cli/schedule.ts";
import { Stage } from "../support/real-cli/stage.ts";

const SEEDS = 100;
const VERSIONS = ["2.1.330", "2.1.197"] as const;

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
  for (const version of VERSIONS) await claudeBinary(version, () => undefined);
  const waits = {
    reread: "0s",
    blankReread: "0s",
    deadReread: "0s",
    lockRetry: "2s",
    lockSteal: "11s",
    backupRetry: "1s",
  };
  const renewal = { minClaudeVersion: "2.1.197", waits };
  expectSuccess(
    await up(environment, { configFile: await settingsWith(await committedRoster(), { renewal }) }),
  );
});

afterAll(async () => {
  await restoreStack(environment);
});

test("the agent loses no login, and sends no used-up token", { timeout: 3_600_000 }, async () => {
  const named = process.env["CLAUDE_FLEET_SEED"];
  const seeds = named ? [Number(named)] : Array.from({ length: SEEDS }, (_, index) => index + 1);
  const stages = await Promise.all(VERSIONS.map((version) => Stage.open(environment, version)));
  const failed: string[] = [];
  const counts: Record<string, number> = {};
  try {
    for (const seed of seeds) {
      const stage = stages[seed % stages.length] as Stage;
      const end = await runSchedule(stage, seed);
      for (const [name, count] of Object.entries(end.counts)) counts[name] = (counts[name] ?? 0) + count;
      if (named || end.violations.length > 0) process.stderr.write(`seed ${seed}:\n${end.log.join("\n")}\n`);
      failed.push(...end.violations.map((what) => `CLAUDE_FLEET_SEED=${seed}: ${what}`));
    }
  } finally {
    await stages[0]?.close();
  }
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  expect(failed).toEqual([]);
  expect(counts).toMatchObject({ consumedByUs: 0, lostByUs: 0 });
  // The schedules must reach these events.
  if (!named) for (const name of ["refreshes", "alive"]) expect(counts[name], name).toBeGreaterThan(50);
});
