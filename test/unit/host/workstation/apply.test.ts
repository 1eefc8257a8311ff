/** What an apply does. The failure of one user does not stop the others. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import { problemsOf, starters, workstationForEachTest } from "../../../support/fakes/workstation.ts";

const at = workstationForEachTest();

describe("an apply", () => {
  test("enrols each renewed user with private files, and starts their units", async () => {
    const { result, problems } = await at.run(fakePlan(at.vault, ["alice", "bob", "carol!"]));
    expect(problems).toEqual([]);
    expect(result.generation).toBe(1);
    expect(result.users.map(({ name, token, awaitingLogin }) => [name, token, awaitingLogin])).toEqual([
      ["alice", "enrolled", true],
      ["bob", "enrolled", true],
      ["carol", "not-renewed", false],
    ]);
    const token = (await readFile(at.tokenFile("alice"), "utf8")).trim();
    expect(at.vault.tokens.get(token)?.meta["user"]).toBe("alice");
    expect((await readFile(at.accessorFile("alice"), "utf8")).trim()).toBe(result.users[0]?.accessor);
    expect((await stat(at.tokenFile("alice"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(at.tokenFile("alice"), ".."))).mode & 0o777).toBe(0o700);
    expect([...at.host.units].sort()).toEqual(starters("alice", "bob"));
    expect(await readFile(at.etc("claude-fleet/dev/plan.json"), "utf8")).not.toContain(token);
  });

  test("changes nothing but the apply counter the second time", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    await at.run(plan);
    const inode = (await stat(at.tokenFile("alice"))).ino;
    at.host.orders.length = 0;
    const { result } = await at.run(plan);
    expect(result).toMatchObject({ generation: 2, users: [{ token: "kept" }] });
    expect((await stat(at.tokenFile("alice"))).ino).toBe(inode);
    expect(at.operator.minted).toEqual(["alice"]);
    expect(at.host.orders).toEqual([]);
  });

  test("enrols the other users when one fails", async () => {
    at.host.broken.add("alice");
    const { result, problems } = await at.run(fakePlan(at.vault, ["alice", "bob", "ghost"]));
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain("alice: the process that runs as this user ended with exit code 1");
    expect(problems[1]).toContain("ghost: there is no such OS user on devvm");
    expect(result.users.map(({ token }) => token)).toEqual(["failed", "enrolled", "failed"]);
    expect([...at.host.units].sort()).toEqual(starters("bob"));
  });

  test("leaves the units of a paused user alone", async () => {
    await mkdir(at.etc("claude-fleet/dev/pause"), { recursive: true });
    await writeFile(at.etc("claude-fleet/dev/pause/alice"), "");
    await at.run(fakePlan(at.vault, ["alice", "bob"]));
    expect([...at.host.units].sort()).toEqual(starters("bob"));
  });

  test("unmasks and starts a masked timer", async () => {
    const plan = fakePlan(at.vault, ["alice"]);
    await at.run(plan);
    at.host.units.delete("claude-auth-sync@alice.timer");
    at.host.masked.add("claude-auth-sync@alice.timer");
    expect((await at.run(plan)).problems).toEqual([]);
    expect([...at.host.units].sort()).toEqual(starters("alice"));
  });

  test("never installs another program than the plan's", async () => {
    const plan = fakePlan(at.vault, [], { program: { version: "2", sha256: "b".repeat(64) } });
    expect((await problemsOf(at.run(plan)))[0]).toContain("run `npm run build`");
  });
});
