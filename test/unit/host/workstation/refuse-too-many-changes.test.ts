/** The host itself refuses more changes than the change limit allows. */
import { describe, expect, test } from "vitest";
import { handle } from "../../../../host/handlers.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import { problemsOf, starters, workstationForEachTest } from "../../../support/fakes/workstation.ts";

const at = workstationForEachTest();

describe("a change above the limit", () => {
  const serve = (action: "apply" | "retire", plan: HostPlan, maxChanges: number) =>
    handle(
      { action, plan, maxChanges },
      { session: at.operator.session, system: () => Promise.resolve(at.host.system) },
    );

  test.each(["retire", "apply"] as const)("is refused by the host on %s", async (action) => {
    await at.run(fakePlan(at.vault, ["alice", "bob"]));
    const refused = await problemsOf(serve(action, fakePlan(at.vault, []), 1));
    expect(refused).toEqual([
      expect.stringMatching(/unenrol 2 users \(alice, bob\).*maxChangesPerUp/) as string,
    ]);
    expect([...at.host.units].sort()).toEqual(starters("alice", "bob"));
    expect(at.operator.revoked).toEqual([]);
  });

  test("is done when it is exactly the limit", async () => {
    await at.run(fakePlan(at.vault, ["alice", "bob"]));
    expect((await serve("retire", fakePlan(at.vault, []), 2)).problems).toEqual([]);
    expect([...at.host.units].sort()).toEqual([]);
  });

  test("is no limit for a host's first apply", async () => {
    expect((await serve("apply", fakePlan(at.vault, ["alice", "bob"]), 0)).problems).toEqual([]);
  });
});
