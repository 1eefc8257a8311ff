/**
 * Measures when each pinned version of the real CLI refreshes an access token, for claude/refresh-window.ts. It needs no
 * environment. To measure a new version, pin it in dev/pinned-programs.ts and run this file.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeArguments } from "../../claude/command-line.ts";
import { CHEAPEST_MODEL } from "../../claude/models.ts";
import { REFRESH_WINDOW_MS } from "../../claude/refresh-window.ts";
import { CLAUDE_VERSIONS } from "../../dev/pinned-programs.ts";
import { LocalCli } from "../support/real-cli/local-cli.ts";

const REFRESH = "/v1/oauth/token";
const INFERENCE = probeArguments(CHEAPEST_MODEL.cli);
const WINDOW_SECONDS = REFRESH_WINDOW_MS / 1000;
/** A CLI needs some seconds from its start to its refresh. */
const START_SECONDS = 20;

describe.each(CLAUDE_VERSIONS)("Claude Code %s", (version) => {
  let cli: LocalCli;

  beforeAll(async () => {
    cli = await LocalCli.open(version);
  });
  afterAll(() => cli.close());

  /** Runs the CLI with a token that ends in `seconds`. @returns how long before that end it refreshed; undefined: not */
  async function refreshed(args: readonly string[], seconds: number): Promise<number | undefined> {
    const endsAt = await cli.signIn(seconds);
    const { end, requests } = await cli.run(args);
    expect(end.code, end.stderr).toBe(0);
    const refreshes = requests.filter(({ path }) => path === REFRESH);
    expect(refreshes.length).toBeLessThanOrEqual(1);
    const at = refreshes[0]?.at;
    return at === undefined ? undefined : (endsAt - Date.parse(at)) / 1000;
  }

  test("an inference refreshes exactly the tokens that end within the window", async () => {
    // Bisects, with times of the stand-in, which do not depend on the load.
    let [refreshes, keeps] = [0, 600];
    while (keeps - refreshes > 1) {
      const seconds = (refreshes + keeps) / 2;
      const before = await refreshed(INFERENCE, seconds);
      if (before === undefined) keeps = seconds;
      else refreshes = seconds;
      if (before !== undefined) expect(before).toBeLessThanOrEqual(WINDOW_SECONDS);
    }
    process.stdout.write(`${version}: an inference refreshes at most ${refreshes} s before the end\n`);
    expect(refreshes).toBeGreaterThan(WINDOW_SECONDS - 1);
    expect(refreshes).toBeLessThan(WINDOW_SECONDS + START_SECONDS);
  });

  test("a short command refreshes in the same window, and not before", async () => {
    const command = ["mcp", "list"];
    expect(await refreshed(command, WINDOW_SECONDS + START_SECONDS)).toBeUndefined();
    expect(await refreshed(command, WINDOW_SECONDS - 1)).toBeDefined();
    expect(await refreshed(command, -60)).toBeDefined();
    // After an inference in the window, the same command refreshes nothing.
    expect(await refreshed(INFERENCE, WINDOW_SECONDS - 1)).toBeDefined();
    expect((await cli.run(command)).requests.map(({ path }) => path)).not.toContain(REFRESH);
    const status = await refreshed(["auth", "status"], -60);
    expect(status === undefined).toBe(version === "2.1.197");
  });
});
