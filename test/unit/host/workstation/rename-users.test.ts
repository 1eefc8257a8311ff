/** A user whose OS account was renamed keeps token and records. */
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { unenrolDeparted } from "../../../../host/workstation/unenrol-users.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import { starters, workstationForEachTest } from "../../../support/fakes/workstation.ts";

const at = workstationForEachTest();

describe("a renamed user", () => {
  const renamed = (): HostPlan => {
    const plan = fakePlan(at.vault, ["alice.smith", "bob"]);
    const [alice, bob] = plan.users;
    const former = fakePlan(at.vault, ["alice"]).users[0]!;
    return { ...plan, users: [{ ...former, name: alice!.name, formerly: "alice" }, bob!] };
  };
  const rename = async () => {
    at.host.people.delete("alice");
    at.host.people.add("alice.smith");
    await cp(at.host.home("alice"), at.host.home("alice.smith"), { recursive: true });
  };

  beforeEach(async () => {
    await at.run(fakePlan(at.vault, ["alice", "bob"]));
    await mkdir(at.etc("claude-fleet/dev/pause"), { recursive: true });
    at.operator.minted.length = 0;
  });

  test("keeps the token, and has only units with the new name", async () => {
    await rename();
    const plan = renamed();
    expect((await unenrolDeparted(at.host.system, plan, at.operator.session)).result.retired).toEqual([]);
    const { result, problems } = await at.run(plan);
    expect(problems).toEqual([]);
    expect(result.users.map(({ name, token }) => [name, token])).toEqual([
      ["alice.smith", "kept"],
      ["bob", "kept"],
    ]);
    expect([at.operator.minted, at.operator.revoked]).toEqual([[], []]);
    expect([...at.host.units].sort()).toEqual(starters("alice.smith", "bob"));
    const units = await readdir(at.etc("systemd/system"));
    expect(units.filter((name) => /@alice\.(?:service|timer|path)/.test(name))).toEqual([]);
    const seen = await observeWorkstation(at.host.system, plan);
    expect([seen.enrolled, seen.strays]).toEqual([["alice.smith", "bob"], []]);
  });

  test("stays paused", async () => {
    await writeFile(at.etc("claude-fleet/dev/pause/alice"), "");
    await rename();
    await at.run(renamed());
    expect(await readdir(at.etc("claude-fleet/dev/pause"))).toEqual(["alice.smith"]);
    expect([...at.host.units].sort()).toEqual(starters("bob"));
  });

  test("is left alone while the account has the former name", async () => {
    const { problems } = await at.run(renamed());
    expect(problems).toEqual([expect.stringContaining("alice.smith: there is no such OS user") as string]);
    expect((await observeWorkstation(at.host.system, renamed())).enrolled).toEqual(["alice", "bob"]);
    expect(at.operator.revoked).toEqual([]);
  });

  test("loses the token under the name that Vault knows", async () => {
    await rename();
    await at.run(renamed());
    const users: string[] = [];
    at.operator.session.revoke = (user) => void users.push(user);
    await unenrolDeparted(at.host.system, fakePlan(at.vault, ["bob"]), at.operator.session);
    expect(users).toEqual(["alice"]);
    expect([...at.host.units].sort()).toEqual(starters("bob"));
  });
});
