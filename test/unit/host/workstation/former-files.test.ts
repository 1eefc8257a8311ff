/** Files that a former version of the program, or a former plan, has put on the host. */
import { existsSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import { apply } from "../../../../host/workstation/apply.ts";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { removeFleet } from "../../../../host/workstation/remove-fleet.ts";
import { workstationDrift } from "../../../../plan/drift/workstation.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import { workstationForEachTest } from "../../../support/fakes/workstation.ts";

const at = workstationForEachTest();
/** The polkit rule of former versions, by which any user could cancel queued jobs of systemd. */
const RULE = "/etc/polkit-1/rules.d/50-claude-fleet.rules";
const rule = () => at.etc("polkit-1/rules.d/50-claude-fleet.rules");
const content = "// Written by claude-fleet, which undoes edits.\n";

/** Returns a plan as former versions recorded it. */
const withRule = (plan: HostPlan): HostPlan => ({
  ...plan,
  files: [...plan.files, { path: RULE, mode: "0644", content }],
});
const drifts = async (plan: HostPlan) =>
  workstationDrift(plan, await observeWorkstation(at.host.system, plan)).apply;

describe("the polkit rule of a former version", () => {
  test("is named by a review, and removed by the next apply", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    await at.run(withRule(plan));
    expect(existsSync(rule())).toBe(true);
    expect((await drifts(plan)).join("\n")).toContain(`file ${RULE}: is not in the plan any more`);
    await at.run(plan);
    expect(existsSync(rule())).toBe(false);
    expect((await drifts(plan)).join("\n")).not.toContain(RULE);
  });

  test("is found without a record of it, also where somebody has edited it", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    await at.run(plan);
    await mkdir(dirname(rule()), { recursive: true });
    await writeFile(rule(), `${content}// By hand\n`);
    expect((await drifts(plan)).join("\n")).toContain(RULE);
    await at.run(plan);
    expect(existsSync(rule())).toBe(false);
  });

  test("stays when it is not claude-fleet's", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    await mkdir(dirname(rule()), { recursive: true });
    await writeFile(rule(), "// Ours\n");
    await at.run(plan);
    expect((await drifts(plan)).join("\n")).not.toContain(RULE);
    expect(existsSync(rule())).toBe(true);
  });

  test("goes when a link replaced it, and the link's target stays", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    await at.run(withRule(plan));
    await writeFile(at.etc("other"), "kept");
    await rm(rule());
    await symlink(at.etc("other"), rule());
    await at.run(plan);
    expect(existsSync(rule())).toBe(false);
    expect(existsSync(at.etc("other"))).toBe(true);
  });

  test.each(["by a plan that has it", "by a plan that does not"])(
    "goes with the fleet that is removed %s",
    async (which) => {
      const plan = fakePlan(at.vault, ["alice"]);
      await at.run(withRule(plan));
      const last = which === "by a plan that has it" ? withRule(plan) : plan;
      await removeFleet(at.host.system, last, at.operator.session);
      expect(existsSync(rule())).toBe(false);
    },
  );

  test("stays while another fleet on the host has it in its plan", async () => {
    const other = withRule(fakePlan(at.vault, [], { fleet: "other" }));
    await apply(at.host.system, other, at.operator.session);
    const plan = fakePlan(at.vault, ["alice"]);
    await at.run(plan);
    expect(existsSync(rule())).toBe(true);
    expect((await drifts(plan)).join("\n")).not.toContain(RULE);
  });
});

test("a drop-in of a user who has left is named with the user only", async () => {
  const dropIn = "/etc/systemd/system/claude-auth-sync@bob.timer.d/10-claude-fleet.conf";
  const plan = fakePlan(at.vault, ["alice"]);
  await at.run({
    ...plan,
    files: [...plan.files, { path: dropIn, mode: "0644", content: "# claude-fleet\n" }],
  });
  expect((await observeWorkstation(at.host.system, plan)).former).toEqual([]);
  await at.run(plan);
  expect(existsSync(at.etc("systemd/system/claude-auth-sync@bob.timer.d"))).toBe(false);
});
