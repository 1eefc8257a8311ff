import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendar, isInterval, userOffset } from "../../../plan/units/calendar.ts";
import { formatDuration, goDuration, parseDuration } from "../../../lib/duration.ts";
import { nearest } from "../../../plan/nearest.ts";
import { shellCommand, shellWord } from "../../../lib/shell-words.ts";
import { looksSecret, printable, show } from "../../../lib/show-value.ts";
import { displayName } from "../../../plan/vault/names.ts";

describe("durations", () => {
  it.each<[string, number]>([
    ["30s", 30],
    ["15m", 900],
    ["6h", 21_600],
    ["32d", 2_764_800],
    ["0s", 0],
  ])("%s is %i seconds, and back", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each(["", "6", "h", "6 h", "-6h", "6H", "1.5h", "6h30m", "1e3s", "99999999999s", "999999999d"])(
    "%j is none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it.each<[number, string]>([
    [0, "0s"],
    [45, "45s"],
    [60, "1m0s"],
    [3661, "1h1m1s"],
  ])("%i seconds are %s to Go", (seconds, text) => {
    expect(goDuration(seconds)).toBe(text);
  });
});

describe("calendar", () => {
  it.each<[number, number, string]>([
    [21_600, 0, "*-*-* 00/6:00:00 UTC"],
    [21_600, 1136, "*-*-* 00/6:18:56 UTC"],
    [86_400, 3601, "*-*-* 01:00:01 UTC"],
    [900, 65, "*-*-* *:01/15:05 UTC"],
    [10, 3, "*-*-* *:*:03/10 UTC"],
  ])("every %i s, offset %i s", (every, offset, expression) => {
    expect(calendar(every, offset)).toBe(expression);
  });

  it.each([0, 1, 5, 7, 40, 90, 7 * 60, 45 * 60, 5 * 3600, 90 * 60, 25 * 3600, 48 * 3600])(
    "%i s is no interval",
    (seconds) => {
      expect(isInterval(seconds)).toBe(false);
      expect(() => calendar(seconds, 0)).toThrow(RangeError);
    },
  );

  it("elapses just every so often, as systemd itself says", () => {
    for (const every of [30, 900, 3600, 21_600, 86_400]) {
      const offset = userOffset("test", `user${every}`, every);
      const { stdout, stderr } = spawnSync(
        "systemd-analyze",
        ["calendar", "--iterations=5", "--base-time=2026-03-28 22:10:11 UTC", calendar(every, offset)],
        { encoding: "utf8", env: { PATH: process.env["PATH"], TZ: "Europe/Berlin", LC_ALL: "C" } },
      );
      expect(stderr).toBe("");
      const moments = [...stdout.matchAll(/\(in UTC\): \w+ (\S+ \S+) UTC/g)].map(([, at]) =>
        Date.parse(`${at}Z`),
      );
      const gaps = moments.slice(1).map((moment, index) => (moment - moments[index]!) / 1000);
      expect(gaps).toEqual([every, every, every, every]);
    }
  });

  it("gives each user the same moment always, within the spread", () => {
    const offsets = Array.from({ length: 500 }, (_, index) => userOffset("test", `user${index}`, 1800));
    expect(Math.max(...offsets)).toBeLessThan(1800);
    expect(new Set(offsets).size).toBeGreaterThan(350);
    expect(userOffset("test", "alice", 1800)).toBe(userOffset("test", "alice", 1800));
    expect(userOffset("test", "alice", 0)).toBe(0);
  });

  it("never wakes a thousand users at once", () => {
    const fleet = fc.stringMatching(/^[a-z][a-z0-9]{0,19}$/);
    fc.assert(
      fc.property(fleet, (name) => {
        const offsets = Array.from({ length: 1000 }, (_, index) => userOffset(name, `user${index}`, 1800));
        const most = (length: number) => {
          const counts = new Map<number, number>();
          for (const offset of offsets) {
            const slot = Math.floor(offset / length);
            counts.set(slot, (counts.get(slot) ?? 0) + 1);
          }
          return Math.max(...counts.values());
        };
        // 0.6 and 33 on average: less than once in a thousand million fleets is it more than this.
        expect(most(1)).toBeLessThanOrEqual(14);
        expect(most(60)).toBeLessThanOrEqual(80);
      }),
    );
  });
});

describe("nearest", () => {
  it.each<[string, string | undefined]>([
    ["adress", "address"],
    ["mnout", "mount"],
    ["MOUNT", "mount"],
    ["zebra", undefined],
    ["", undefined],
  ])("%j means %j", (word, expected) => {
    expect(nearest(word, ["address", "mount", "namespace"])).toBe(expected);
  });
});

describe("shell words", () => {
  it("reach /bin/sh as they are", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: "binary" }).filter((word) => !word.includes("\0")),
          { maxLength: 5 },
        ),
        (words) => {
          const script = shellCommand(["printf", "%s\\0", ...words.map((word) => `_${word}`)]);
          const { stdout } = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8" });
          if (words.length > 0) expect(stdout).toBe(words.map((word) => `_${word}\0`).join(""));
        },
      ),
      { numRuns: 25 },
    );
  });

  it("refuse what no argument can hold", () => {
    expect(() => shellWord("a\0b")).toThrow(RangeError);
    expect(shellWord("")).toBe("''");
    expect(shellWord("it's")).toBe(`'it'\\''s'`);
  });
});

describe("what messages show", () => {
  const made = (...parts: string[]) => parts.join("");
  it.each([
    made("sk-ant", "-oat01-", "x"),
    made("hvs", ".", "CAESIJnotreal0000"),
    made("s", ".", "notRealToken1234567890ab"),
    made("gh", "p_", "notreal1234567890"),
    made("ey", "JhbGciOiJub25lIn0"),
    "Abcdefghijklmnop0123456789QRSTUVWXYZ",
    "KEY=Abcdefghijklmnop0123456789QRSTUVWXYZ==",
    "notReal-x7Kq2P_aB3dE-fG5hJ8kLm_N0pQr",
    made("-----", "BEGIN PRIVATE KEY-----"),
  ])("%s is hidden", (secret) => {
    expect(looksSecret(secret)).toBe(true);
    expect(show(secret)).toBe("hidden, it looks like a secret");
    expect(show({ [secret]: 1 })).not.toContain(secret);
  });

  it.each([
    "alice@example.com",
    "s.fitzgerald@example.com",
    "user b.van-der-westhuizen",
    "/home/alice/.local/bin/claude",
    "00000000-0000-4000-8000-000000000000",
    "a".repeat(64),
    `KEY_SHA256=${"a1".repeat(32)}`,
    "/tmp/claude-fleet-runner-cache-x7Kq2P/bin/claude",
    "/opt/ExampleCompany-ClaudeCode-v2-linux-x64/bin/claude",
    "ANTHROPIC_BASE_URL_of_runnerAgentBlog2",
  ])("%s is not", (value) => {
    expect(looksSecret(value)).toBe(false);
  });

  it("cuts what is long and escapes what a terminal would act on", () => {
    expect(show("x".repeat(100))).toBe(`"${"x".repeat(60)}…"`);
    expect(printable("a\u001b[31mb\u202ec\u2028")).toBe("a\\u001b[31mb\\u202ec\\u2028");
  });
});

it("display names hold only what Vault leaves alone, and differ where users do", () => {
  expect(displayName("prod", "john.doe")).toBe("claude-prod-john-2edoe");
  const name = fc.stringMatching(/^[a-z_][a-z0-9._-]{0,30}$/);
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(displayName("prod", a)).toMatch(/^[a-z0-9-]+[a-z0-9]$/);
      expect(displayName("prod", a) === displayName("prod", b)).toBe(a === b);
    }),
  );
});
