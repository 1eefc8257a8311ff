import { describe, expect, it, vi } from "vitest";
import { bringUp, shareOut, testFiles, type Lane } from "../../runner/lanes.ts";

const FILES = ["a", "b", "c", "d", "e"].map((name) => ({ project: "e2e", file: `test/e2e/${name}.test.ts` }));
const lane = (name: string): Lane => ({ name, variables: {} });
const ONE = { passed: 1, failures: [], skipped: 0 };

describe("test files that are shared out", () => {
  it("are run once each, and the environment that is quicker takes more", async () => {
    const ran: string[] = [];
    let endSlow = () => {};
    const slowFile = new Promise<void>((resolve) => (endSlow = resolve));
    const outcome = await shareOut(
      [Promise.resolve(lane("slow")), Promise.resolve(lane("quick"))],
      FILES,
      async ({ file }, { name }) => {
        ran.push(`${name} ${file}`);
        if (name === "slow") await slowFile;
        if (ran.length === FILES.length) endSlow();
        return ONE;
      },
    );
    expect(outcome).toEqual({ passed: 5, failures: [], skipped: 0 });
    expect(ran.filter((each) => each.startsWith("slow"))).toHaveLength(1);
    expect(ran.map((each) => each.split(" ")[1]).sort()).toEqual(FILES.map(({ file }) => file));
  });

  it("are left to the other when one environment does not come up, which counts as a failure", async () => {
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const outcome = await shareOut(
      [Promise.resolve(new Error("no engine")), Promise.resolve(lane("whole"))],
      FILES,
      () => Promise.resolve(ONE),
    );
    expect(outcome).toEqual({
      passed: 5,
      failures: [{ where: "a test environment did not come up", why: "no engine" }],
      skipped: 0,
    });
    expect(said).toHaveBeenCalledWith("a test environment did not come up: no engine\n");
    said.mockRestore();
  });

  it("are found below each project's folder, in the order of the projects", () => {
    const files = testFiles(["e2e", "engine"]);
    expect(files.at(0)?.project).toBe("e2e");
    expect(files).toContainEqual({ project: "engine", file: "test/engine/toolchain.test.ts" });
    expect(files.map(({ project }) => project)).toEqual(files.map(({ project }) => project).sort());
    expect(testFiles(["full"])).toContainEqual({
      project: "full",
      file: "test/full/plugins/vault.test.ts",
    });
  });
});

describe("environments for tests", () => {
  it("come up at once, and one that fails does not keep the other from coming up", async () => {
    const events: string[] = [];
    const environment = (name: string, fails: boolean) => ({
      name,
      up: async () => {
        events.push(`${name} begins`);
        await Promise.resolve();
        events.push(`${name} ends`);
        if (fails) throw new Error(`${name} failed`);
        return { NAME: name };
      },
      down: () => Promise.resolve(),
    });
    const lanes = await Promise.all(bringUp([environment("first", true), environment("second", false)]));
    expect(events).toEqual(["first begins", "second begins", "first ends", "second ends"]);
    expect(lanes).toEqual([new Error("first failed"), { name: "second", variables: { NAME: "second" } }]);
  });
});
