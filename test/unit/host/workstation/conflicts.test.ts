/** What an apply refuses because of other fleets or foreign files, and what it takes over. */
import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { keepForeignFile } from "../../../../host/host-files.ts";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import { problemsOf, workstationForEachTest } from "../../../support/fakes/workstation.ts";

const at = workstationForEachTest();

describe("an apply", () => {
  test("refuses foreign files before any change, and takes them over where the plan adopts", async () => {
    await writeFile(at.etc("systemd/system/claude-auth-sync@.service"), "[Unit]\nDescription=somebody's\n");
    const plan = fakePlan(at.vault, ["alice"]);
    expect(await problemsOf(at.run(plan))).toEqual([
      "/etc/systemd/system/claude-auth-sync@.service is there already and is not claude-fleet's; move it away, or set `adopt: true` to take it over.",
    ]);
    expect(await readdir(at.host.root)).toEqual(["etc", "home"]);
    expect(at.operator.minted).toEqual([]);
    const adopting = { ...plan, renewal: { ...plan.renewal, adopt: true } };
    const lines: string[] = [];
    at.operator.session.progress = (line) => lines.push(line);
    expect((await at.run(adopting)).problems).toEqual([]);
    const copy = "/var/lib/claude-fleet/replaced/etc/systemd/system/claude-auth-sync@.service";
    expect(lines).toContain(
      `took over /etc/systemd/system/claude-auth-sync@.service, which was not claude-fleet's; the former file is kept as ${copy}`,
    );
    expect(await readFile(join(at.host.root, copy), "utf8")).toBe("[Unit]\nDescription=somebody's\n");
  });

  test("keeps replaced files of one name apart", async () => {
    const paths = ["alice", "bob"].map(
      (user) => `/etc/systemd/system/claude-auth-sync@${user}.timer.d/10-claude-fleet.conf`,
    );
    for (const path of paths) {
      const copy = await keepForeignFile(at.host.system, { path, content: Buffer.from(path) });
      expect(await readFile(join(at.host.root, copy ?? ""), "utf8")).toBe(path);
    }
    const [first] = paths;
    expect(await readFile(join(at.host.root, "/var/lib/claude-fleet/replaced", first!), "utf8")).toBe(first);
  });

  test("replaces a link in a unit's place, and does not follow it", async () => {
    await writeFile(join(at.host.root, "victim"), "untouched");
    await symlink(join(at.host.root, "victim"), at.etc("systemd/system/claude-auth-sync@.timer"));
    const plan = fakePlan(at.vault, ["alice"]);
    expect(await problemsOf(at.run(plan))).toHaveLength(1);
    await at.run({ ...plan, renewal: { ...plan.renewal, adopt: true } });
    expect(await readFile(join(at.host.root, "victim"), "utf8")).toBe("untouched");
  });

  test("names another fleet that renews the user or wants another program", async () => {
    await at.run(fakePlan(at.vault, ["alice"]));
    const other = fakePlan(at.vault, ["alice"], {
      fleet: "other",
      program: { version: "2", sha256: "b".repeat(64) },
    });
    expect(await problemsOf(at.run(other))).toEqual([
      'The fleet "dev" on this host runs the program 1.0.0-abc, and the fleet "other" wants 2; apply both from the same version of claude-fleet. To change the version, destroy one of the two stacks first and apply it again at the end. Logins and backups stay.',
      'alice is enrolled by the fleet "dev" on this host; remove the user from one of the two fleets.',
    ]);
  });

  test("is preceded by an observation that names what another fleet has", async () => {
    await at.run(fakePlan(at.vault, ["alice"]));
    const other = fakePlan(at.vault, ["alice", "bob"], { fleet: "other" });
    expect((await observeWorkstation(at.host.system, other)).conflicts).toEqual([
      'alice is enrolled by the fleet "dev" on this host; remove the user from one of the two fleets.',
    ]);
    expect((await observeWorkstation(at.host.system, fakePlan(at.vault, ["alice"]))).conflicts).toEqual([]);
  });
});
