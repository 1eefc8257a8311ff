/**
 * Reaches every reason with both versions of the real CLI. Each case starts the user's service once, with real systemd and
 * real Vault. It checks sync.log, the journal, the metrics and the exit code.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ClaudeVersion } from "../../dev/pinned-programs.ts";
import { claudeBinary } from "../../dev/pinned-programs.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { figureOf } from "../support/environment/figures.ts";
import { expectSuccess, restoreStack, up } from "../support/environment/pulumi.ts";
import { committedRoster, settingsWith } from "../support/environment/roster.ts";
import { DECISION_CASES } from "../support/real-cli/cases.ts";
import { expectHome, expectVault } from "../support/real-cli/expectations.ts";
import { Stage } from "../support/real-cli/stage.ts";

const VERSIONS: readonly ClaudeVersion[] = ["2.1.330", "2.1.197"];

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
  for (const version of VERSIONS) await claudeBinary(version, () => undefined);
  const waits = { reread: "0s", blankReread: "0s", deadReread: "0s", lockRetry: "1s", lockSteal: "11s" };
  const renewal = { minClaudeVersion: "2.1.197", waits };
  expectSuccess(
    await up(environment, { configFile: await settingsWith(await committedRoster(), { renewal }) }),
  );
});

afterAll(async () => {
  await restoreStack(environment);
});

describe.each(VERSIONS)("Claude Code %s", (version) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open(environment, version);
  });

  beforeEach(async () => {
    await stage.reset();
  });

  afterAll(async () => {
    await stage.close();
  });

  const cases = DECISION_CASES.filter(({ versions = VERSIONS }) => versions.includes(version));
  const titled = cases.map((one) => [`${one.name}: ${one.class} ${one.reason}`, one] as const);
  it.each(titled)("%s", async (_, wanted) => {
    await wanted.arrange(stage);
    const seen = await stage.run(wanted.during);

    const said = /^(\S+) user=alice class=(\S+) reason=(\S+) fleet=\w+ backup=(\S+)/.exec(seen.line);
    const { word, class: runClass, reason, code, backup } = wanted;
    expect([...(said?.slice(1) ?? []), seen.code], seen.line).toEqual([word, runClass, reason, backup, code]);
    if (wanted.why !== undefined) expect(seen.line).toMatch(wanted.why);

    const figure = (name: string, more = "") => seen.figures.get(figureOf(name, stage.user, more));
    expect(figure("class", `,class="${runClass}",reason="${reason}"`)).toBe(1);
    expect(figure("exit_code")).toBe(code);
    expect(figure("backup_state", `,state="${backup}"`)).toBe(1);

    await expectHome(stage, seen, wanted.home);
    expectVault(seen, wanted.vault);
    await wanted.also?.(stage, seen);
  });
});
