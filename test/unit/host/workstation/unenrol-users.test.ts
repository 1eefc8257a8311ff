/** Whom an unenrolment and an apply unenrol, and whose units they stop. */
import { mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { apply } from "../../../../host/workstation/apply.ts";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { unenrolDeparted } from "../../../../host/workstation/unenrol-users.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import { accessorOf, starters, workstationForEachTest } from "../../../support/fakes/workstation.ts";

const at = workstationForEachTest();

describe("an unenrolment", () => {
  test("unenrols the users who left the plan, and finds nothing to do the second time", async () => {
    const bobs = accessorOf(await at.run(fakePlan(at.vault, ["alice", "bob"])), "bob");
    const plan = fakePlan(at.vault, ["alice"]);
    const { result } = await unenrolDeparted(at.host.system, plan, at.operator.session);
    expect(result.retired).toEqual([{ name: "bob", accessors: [bobs] }]);
    expect(at.operator.revoked).toEqual([bobs]);
    expect([...at.host.units].sort()).toEqual(starters("alice"));
    await expect(stat(at.tokenFile("bob"))).rejects.toThrow("ENOENT");
    expect((await unenrolDeparted(at.host.system, plan, at.operator.session)).result.retired).toEqual([]);
    expect((await observeWorkstation(at.host.system, plan)).enrolled).toEqual(["alice"]);
  });

  test("stops unowned units, and not those of another fleet", async () => {
    await at.run(fakePlan(at.vault, ["alice"]));
    const other = fakePlan(at.vault, ["bob"], { fleet: "other" });
    await apply(at.host.system, other, at.operator.session);
    for (const unit of [...starters("bob"), "claude-auth-sync@zoe.timer"]) at.host.units.add(unit);
    await mkdir(at.etc("systemd/system/timers.target.wants"));
    await symlink(
      "../claude-auth-sync@.timer",
      at.etc("systemd/system/timers.target.wants/claude-auth-sync@yan.timer"),
    );
    const plan = fakePlan(at.vault, ["alice"]);
    expect((await observeWorkstation(at.host.system, plan)).strays).toEqual(["yan", "zoe"]);
    at.host.orders.length = 0;
    const { generation } = await observeWorkstation(at.host.system, plan);
    expect((await unenrolDeparted(at.host.system, plan, at.operator.session)).problems).toEqual([]);
    // A recurring drift must have another text, or Pulumi would not see a change.
    expect((await observeWorkstation(at.host.system, plan)).generation).toBe(generation + 1);
    expect(at.host.orders).toEqual([
      `disable ${[...starters("yan").toReversed(), ...starters("zoe").toReversed()].join(" ")}`,
    ]);
    expect([...at.host.units].sort()).toEqual(starters("alice", "bob"));
  });

  test("stops no units before the fleet's first apply, unless the plan adopts", async () => {
    at.host.units.add("claude-auth-sync@zoe.timer");
    await writeFile(at.etc("systemd/system/claude-auth-sync@.timer"), "[Timer]\n");
    const plan = fakePlan(at.vault, ["alice"]);
    await unenrolDeparted(at.host.system, plan, at.operator.session);
    expect((await observeWorkstation(at.host.system, plan)).strays).toEqual([]);
    expect([...at.host.units]).toEqual(["claude-auth-sync@zoe.timer"]);
    const adopting = { ...plan, renewal: { ...plan.renewal, adopt: true } };
    expect((await observeWorkstation(at.host.system, adopting)).strays).toEqual(["zoe"]);
    await unenrolDeparted(at.host.system, adopting, at.operator.session);
    expect([...at.host.units]).toEqual([]);
  });

  test("knows the accessor of a user whose account is missing", async () => {
    const bobs = accessorOf(await at.run(fakePlan(at.vault, ["alice", "bob"])), "bob");
    at.host.people.delete("bob");
    const { result, problems } = await unenrolDeparted(
      at.host.system,
      fakePlan(at.vault, ["alice"]),
      at.operator.session,
    );
    expect(problems).toEqual([]);
    expect(result.retired[0]?.accessors).toEqual([bobs]);
  });

  test("revokes the token of a user whose home cannot be cleared, and tries that user again", async () => {
    const bobs = accessorOf(await at.run(fakePlan(at.vault, ["alice", "bob"])), "bob");
    at.host.broken.add("bob");
    const plan = fakePlan(at.vault, ["alice"]);
    const { result, problems } = await unenrolDeparted(at.host.system, plan, at.operator.session);
    expect(result.retired).toEqual([]);
    expect(problems[0]).toContain("bob: ");
    expect(at.operator.revoked).toEqual([bobs]);
    at.host.broken.clear();
    expect((await unenrolDeparted(at.host.system, plan, at.operator.session)).result.retired).toHaveLength(1);
  });
});

describe("an apply", () => {
  test("unenrols a user who is no longer renewed", async () => {
    await at.run(fakePlan(at.vault, ["alice", "bob"]));
    const { problems } = await at.run(fakePlan(at.vault, ["alice", "bob!"]));
    expect(problems).toEqual([]);
    expect([...at.host.units].sort()).toEqual(starters("alice"));
    expect(at.operator.revoked).toHaveLength(1);
    await expect(stat(at.tokenFile("bob"))).rejects.toThrow("ENOENT");
  });

  test("removes the original stack's token of an unrenewed user where the plan adopts", async () => {
    const { token, accessor } = at.vault.mint("bob", {
      meta: {},
      policies: ["workstation-claude-bob"],
      role: "",
    });
    await mkdir(join(at.tokenFile("bob"), ".."), { recursive: true });
    await writeFile(at.tokenFile("bob"), `${token}\n`);
    const plan = fakePlan(at.vault, ["alice", "bob!"]);
    await at.run({ ...plan, renewal: { ...plan.renewal, adopt: true } });
    expect(at.operator.revoked).toEqual([accessor]);
    await expect(stat(at.tokenFile("bob"))).rejects.toThrow("ENOENT");
  });
});
