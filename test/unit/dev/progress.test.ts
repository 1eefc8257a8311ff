import { describe, expect, it, vi } from "vitest";
import { inOrder, runSteps, type Step } from "../../../dev/progress.ts";

const step = (name: string, after: string[], run: Step["run"] = () => Promise.resolve()): Step => ({
  name,
  title: name,
  after,
  run,
});

describe("steps", () => {
  it("run after those that they need, and beside the others", async () => {
    vi.spyOn(console, "log").mockReturnValue(undefined);
    const seen: string[] = [];
    const noted = (name: string, after: string[]) =>
      step(name, after, async () => {
        seen.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        seen.push(`${name} ends`);
      });
    const timings = await runSteps([noted("c", ["a", "b"]), noted("a", []), noted("b", [])], false);
    expect(seen.slice(0, 2).sort()).toEqual(["a begins", "b begins"]);
    expect(seen.slice(-2)).toEqual(["c begins", "c ends"]);
    expect([...timings.keys()].sort()).toEqual(["a", "b", "c"]);
  });

  it("are not begun after one has failed, whose error is the one that is told", async () => {
    vi.spyOn(console, "log").mockReturnValue(undefined);
    const late = vi.fn(() => Promise.resolve());
    const failing = step("first", [], () => Promise.reject(new Error("the disk is full")));
    await expect(runSteps([failing, step("second", ["first"], late)], false)).rejects.toThrow(
      "the disk is full",
    );
    expect(late).not.toHaveBeenCalled();
  });

  it("that wait for each other or for an unknown step are a mistake", () => {
    expect(() => inOrder([step("a", ["b"]), step("b", ["a"])])).toThrow("a > b > a");
    expect(() => inOrder([step("a", ["nobody"])])).toThrow("waits for nobody");
  });
});
