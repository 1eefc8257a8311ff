/** What an observation of a workstation reports. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { planDigest } from "../../../../plan/digests.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import { workstationForEachTest } from "../../../support/fakes/workstation.ts";

const at = workstationForEachTest();

describe("the recorded plan", () => {
  const recorded = () => at.etc("claude-fleet/dev/plan.json");
  const digest = async (plan: HostPlan) => (await observeWorkstation(at.host.system, plan)).plan;

  test("is reported by the digest of the plan", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    expect(await digest(plan)).toBeNull();
    await at.run(plan);
    expect(await digest(plan)).toBe(planDigest(plan));
  });

  test("has another digest when it was edited, and is written again by an apply", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    await at.run(plan);
    await writeFile(recorded(), (await readFile(recorded(), "utf8")).replace("21600", "60"));
    expect(await digest(plan)).not.toBe(planDigest(plan));
    await at.run(plan);
    expect(await digest(plan)).toBe(planDigest(plan));
  });

  test("is reported as missing when it is damaged, and is written again by an apply", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    await at.run(plan);
    await writeFile(recorded(), "{");
    expect(await digest(plan)).toBeNull();
    expect((await at.run(plan)).problems).toEqual([]);
    expect(await digest(plan)).toBe(planDigest(plan));
  });
});

test("an observation distinguishes what a newer plan wants from what somebody has edited", async () => {
  const former = fakePlan(at.vault, ["alice", "bob"]);
  await at.run(former);
  const files = former.files.map((file) => ({ ...file, content: `${file.content}# newer\n` }));
  const users = former.users.map((user) => ({ ...user, claude: "/opt/newer/claude" }));
  const path = "systemd/system/claude-auth-sync@.timer";
  await writeFile(at.etc(path), "edited");
  await writeFile(at.etc("systemd/system/claude-auth-sync@bob.service.d/10-claude-fleet.conf"), "edited");
  const seen = await observeWorkstation(at.host.system, { ...former, files, users });
  expect(seen.files.filter(({ applied }) => !applied).map((file) => file.path)).toEqual([`/etc/${path}`]);
  expect(seen.users.map(({ dropIn }) => dropIn)).toEqual(["applied", "different"]);
});

test("an observation reports drift and writes nothing", async () => {
  const plan = fakePlan(at.vault, ["alice", "ghost"]);
  await at.run(fakePlan(at.vault, ["alice"]));
  await writeFile(at.etc("systemd/system/claude-auth-sync@.timer"), "edited");
  await writeFile(at.etc("systemd/system/claude-auth-sync@alice.service.d/10-claude-fleet.conf"), "edited");
  const before = await readdir(at.host.root, { recursive: true });
  const seen = await observeWorkstation(at.host.system, plan);
  expect(await readdir(at.host.root, { recursive: true })).toEqual(before);
  expect(seen.generation).toBe(1);
  expect(seen.program).toEqual(plan.program);
  expect(seen.files.map(({ mode }) => mode)).toEqual(["0644", "0644", "0644", "0644"]);
  expect(seen.users).toMatchObject([
    {
      name: "alice",
      exists: true,
      timerActive: "active",
      dropIn: "different",
      token: { health: "good", mode: "0600" },
    },
    { name: "ghost", exists: false, token: { health: "unknown" } },
  ]);
});
