/** What the removal of a fleet leaves on the host. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { apply } from "../../../../host/workstation/apply.ts";
import { removeFleet } from "../../../../host/workstation/remove-fleet.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import { workstationForEachTest } from "../../../support/fakes/workstation.ts";

const at = workstationForEachTest();

test("a removal leaves shared files for another fleet, and nothing after the last fleet", async () => {
  const other = fakePlan(at.vault, ["bob"], { fleet: "other" });
  other.users.forEach((user) => Object.assign(user, { policy: "claude-other-bob" }));
  await at.run(fakePlan(at.vault, ["alice"]));
  await apply(at.host.system, { ...other, users: [] }, at.operator.session);
  await removeFleet(at.host.system, fakePlan(at.vault, ["alice"]), at.operator.session);
  expect(await readdir(at.etc("claude-fleet"))).toEqual(["other"]);
  expect((await readdir(at.etc("systemd/system"))).sort()).toEqual([
    "claude-auth-sync-backup@.service",
    "claude-auth-sync@.path",
    "claude-auth-sync@.service",
    "claude-auth-sync@.timer",
  ]);
  await removeFleet(at.host.system, other, at.operator.session);
  expect(await readdir(at.etc("systemd/system"))).toEqual([]);
  await expect(stat(at.etc("claude-fleet"))).rejects.toThrow("ENOENT");
  await expect(stat(join(at.host.root, "usr/local/lib/claude-fleet"))).rejects.toThrow("ENOENT");
});
