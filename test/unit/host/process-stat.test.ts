// How old a process is, by the kernel's word.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it, vi } from "vitest";
import { ageOf, parentOf, startOf } from "../../../host/process-stat.ts";

const child = spawn("sleep", ["60"], { stdio: "ignore" });
const pid = child.pid ?? 0;
afterAll(() => child.kill());

describe("a process", () => {
  it("grows older with the time, and is younger than this one", async () => {
    const before = (await ageOf(pid)) ?? NaN;
    await sleep(300);
    const after = (await ageOf(pid)) ?? NaN;
    expect(after - before).toBeGreaterThanOrEqual(290);
    expect(after).toBeLessThan((await ageOf(process.pid)) ?? NaN);
  });

  it("has the same age when the clock jumps", async () => {
    const before = (await ageOf(pid)) ?? NaN;
    const jumped = vi.spyOn(Date, "now").mockReturnValue(0);
    const after = (await ageOf(pid)) ?? NaN;
    jumped.mockRestore();
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after).toBeLessThan(before + 60_000);
  });

  it("has a parent", async () => {
    expect(await parentOf(pid)).toBe(process.pid);
  });

  it("has no age when it has ended", async () => {
    expect(await ageOf(2 ** 30)).toBeUndefined();
    expect(await startOf(2 ** 30)).toBeUndefined();
  });
});
