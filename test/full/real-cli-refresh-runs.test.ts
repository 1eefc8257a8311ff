/**
 * An access token near its end, with the real CLI, systemd and the collector's own timer. With the run that root starts, a
 * short command finds a live token. Without that run, the command refreshes the token itself.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { REFRESH_WINDOW_MS } from "../../claude/refresh-window.ts";
import { CLAUDE_VERSIONS, claudeBinary } from "../../dev/pinned-programs.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { expectSuccess, restoreStack, up } from "../support/environment/pulumi.ts";
import { committedRoster, settingsWith } from "../support/environment/roster.ts";
import { placesOf } from "../support/environment/workstation.ts";
import { Stage } from "../support/real-cli/stage.ts";

const COLLECTOR = "claude-fleet-collect.timer";
/** Longer than the collector looks ahead. */
const BEFORE_WINDOW_MS = 80_000;
const WAIT = { timeout: 180_000, interval: 1000 };
/** Short commands; with 2.1.197 only the second refreshes. */
const COMMANDS = ["auth status", "mcp list"];

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
  for (const version of CLAUDE_VERSIONS) await claudeBinary(version, () => undefined);
  const renewal = { minClaudeVersion: "2.1.197" };
  expectSuccess(
    await up(environment, { configFile: await settingsWith(await committedRoster(), { renewal }) }),
  );
});

afterAll(async () => {
  await restoreStack(environment);
});

describe.each(CLAUDE_VERSIONS)("Claude Code %s", (version) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open(environment, version);
  });
  beforeEach(async () => {
    await stage.reset();
  });
  afterAll(async () => {
    await stage.root(`systemctl start ${COLLECTOR}`);
    await stage.close();
  });

  /** Returns how often the user's CLIs have refreshed since `after`, by the stand-in's log. */
  const refreshes = async (after: number) =>
    (await environment.anthropic.requests(after)).filter(({ path }) => path === "/v1/oauth/token").length;
  const newest = async () => (await environment.anthropic.requests()).at(-1)?.n ?? 0;
  const type = async () => {
    for (const command of COMMANDS) await stage.own(`cd /tmp && claude ${command} </dev/null`);
  };

  it("the collector starts the run in the window, and later commands refresh nothing", async () => {
    const { expiresAt } = await stage.signIn({
      expiresAt: Date.now() + REFRESH_WINDOW_MS + BEFORE_WINDOW_MS,
    });
    expect((await stage.run()).line).toMatch(/^OK user=alice class=ok reason=proven .*backup=written/);
    const before = await newest();
    await expect.poll(() => refreshes(before), WAIT).toBe(1);
    const left = expiresAt - Date.now();
    expect(left).toBeLessThanOrEqual(REFRESH_WINDOW_MS);
    // The collector of a minute leaves its last seconds to the next minute's.
    expect(left).toBeGreaterThan(REFRESH_WINDOW_MS - 45_000);
    const service = `claude-auth-sync@${stage.user}.service`;
    await expect.poll(() => stage.root(`systemctl is-active ${service} || true`), WAIT).toBe("inactive\n");
    expect(await stage.root(`tail -n 1 ${placesOf(stage.user).log}`)).toMatch(
      /^\S+ OK user=alice class=ok reason=refresh-proven .*backup=written/,
    );

    const after = await newest();
    await type();
    expect(await refreshes(after)).toBe(0);
    // A token that was refreshed starts no further run.
    await stage.root("systemctl start claude-fleet-collect.service");
    expect(await stage.root(`systemctl is-active ${service} || true`)).toBe("inactive\n");
    expect(await refreshes(before)).toBe(1);
  });

  it("without the run, a command refreshes the token", async () => {
    await stage.root(`systemctl stop ${COLLECTOR}`);
    await stage.signIn({ expiresAt: Date.now() + REFRESH_WINDOW_MS - 5000 });
    const before = await newest();
    await type();
    expect(await refreshes(before)).toBe(1);
  });
});
