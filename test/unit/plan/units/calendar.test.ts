/** Calendar expressions for the timers, read back by systemd itself. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendar, isInterval, userOffset } from "../../../../plan/units/calendar.ts";

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
