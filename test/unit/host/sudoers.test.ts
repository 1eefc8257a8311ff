/** The sudoers rule: rendered for each user, checked by visudo before it is put in place, and removed again. */
import { existsSync } from "node:fs";
import { chmod, rm, stat } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { HostPlan } from "../../../contract/host-plan.ts";
import { repairHost } from "../../../host/repair/repair-host.ts";
import { observeWorkstation } from "../../../host/workstation/observe-workstation.ts";
import { workstationDrift } from "../../../plan/drift/workstation.ts";
import { hostPlan } from "../../../plan/workstation/host-plan.ts";
import { sudoersPath, sudoersRule } from "../../../plan/workstation/sudoers.ts";
import { fakePlan } from "../../support/fakes/fake-host.ts";
import { problemsOf, workstationForEachTest } from "../../support/fakes/workstation.ts";
import { DIGEST, load, STACK } from "../../support/plan/fixtures.ts";

const at = workstationForEachTest();
const PATH = sudoersPath("dev");
const rule = () => at.etc("sudoers.d/claude-fleet-dev");
const withRule = (plan: HostPlan): HostPlan => ({
  ...plan,
  files: [...plan.files, { path: PATH, mode: "0440", content: sudoersRule(["alice"]) }],
});
const broken = () => Object.assign(at.host.system, { checkSudoers: () => Promise.resolve("syntax error") });

test("the rule has one line for each user, with the exact arguments, and a name without a dot", () => {
  expect(sudoersRule(["alice", "john.doe"]).split("\n").slice(1)).toEqual([
    "alice ALL=(root) NOPASSWD: NOSETENV: /usr/bin/systemctl start claude-auth-sync@alice.service",
    "john.doe ALL=(root) NOPASSWD: NOSETENV: /usr/bin/systemctl start claude-auth-sync@john.doe.service",
    "",
  ]);
  expect(sudoersRule(["a,b=c:d ALL"])).toContain("a\\,b\\=c\\:d\\ ALL ALL=(root)");
  expect(PATH).not.toContain(".d/claude-fleet.");
  expect(PATH.split("/").at(-1)).not.toContain(".");
});

describe("the setting", () => {
  const filesOf = (renewal: string) => {
    const fleet = load({ stack: `${STACK}  claude-fleet:renewal: ${renewal}\n` });
    const [workstation] = fleet.workstations;
    if (workstation === undefined) throw new Error("The fixture has a workstation.");
    return hostPlan(fleet, workstation, { version: "0.1.0", sha256: DIGEST }).files;
  };
  const sudoers = (settings: string) =>
    filesOf(settings).filter(({ path }) => path.startsWith("/etc/sudoers.d/"));

  test("is off unless somebody sets it", () => {
    expect(sudoers("{}")).toEqual([]);
    expect(sudoers("{ sudoers: true }")).toEqual([
      expect.objectContaining({ mode: "0440", content: expect.stringContaining("NOPASSWD") }),
    ]);
  });
});

describe("the file", () => {
  test("is put in place, repaired every hour, and goes when the setting is off again", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    expect((await at.run(withRule(plan))).problems).toEqual([]);
    expect((await stat(rule())).mode & 0o777).toBe(0o440);
    await chmod(rule(), 0o666);
    const seen = await observeWorkstation(at.host.system, withRule(plan));
    expect(workstationDrift(withRule(plan), seen).apply.join("\n")).toContain(
      `file ${PATH}: has the mode 0666 instead of 0440`,
    );
    await rm(rule());
    expect((await repairHost(at.host.system)).repaired).toContain(PATH);
    await at.run(plan);
    expect(existsSync(rule())).toBe(false);
  });

  test("is refused before any change when visudo does not take it, and a preview says so", async () => {
    broken();
    const plan = withRule(fakePlan(at.vault, ["alice"]));
    const why = `${PATH} cannot be used here: syntax error. Or set \`renewal.sudoers: false\`.`;
    expect((await observeWorkstation(at.host.system, plan)).conflicts).toEqual([why]);
    expect(await problemsOf(at.run(plan))).toEqual([why]);
    expect(existsSync(rule())).toBe(false);
    expect(existsSync(at.etc("claude-fleet"))).toBe(false);
  });

  test("is not written by the hourly repair when visudo does not take it", async () => {
    await at.run(withRule(fakePlan(at.vault, ["alice"])));
    await rm(rule());
    broken();
    expect((await repairHost(at.host.system)).problems).toEqual([expect.stringContaining("syntax error")]);
    expect(existsSync(rule())).toBe(false);
  });
});
