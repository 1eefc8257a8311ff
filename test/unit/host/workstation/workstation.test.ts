/** Apply, retire and remove on a workstation in a folder: what is kept, what is minted, what is left behind. */
import { cp, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { apply } from "../../../../host/workstation/apply.ts";
import { keepForeignFile } from "../../../../host/host-files.ts";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { removeFleet } from "../../../../host/workstation/remove-fleet.ts";
import { handle } from "../../../../host/handlers.ts";
import { planDigest } from "../../../../plan/digests.ts";
import { ExpectedError } from "../../../../lib/expected-error.ts";
import { fakeHost, fakeSession, fakePlan, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import { unenrolDeparted } from "../../../../host/workstation/unenrol-users.ts";

let vault: FakeVault;
let host: FakeHost;
let operator: ReturnType<typeof fakeSession>;

beforeEach(async () => {
  vault = await new FakeVault().start();
  host = await fakeHost("alice", "bob");
  operator = fakeSession(vault);
});
afterEach(() => vault.close());

const run = (plan: HostPlan) => apply(host.system, plan, operator.session);
const tokenFile = (user: string) => join(host.home(user), ".config/claude-auth-sync/vault-token");
const accessorFile = (user: string) => join(host.home(user), ".config/claude-auth-sync/vault-accessor");
const starters = (...users: readonly string[]) =>
  users.flatMap((user) => [`claude-auth-sync@${user}.path`, `claude-auth-sync@${user}.timer`]);
const etc = (path: string) => join(host.root, "etc", path);

/** Users enrol side by side, so whose accessor has which number is not settled. */
function accessorOf({ result }: Awaited<ReturnType<typeof run>>, user: string): string {
  const accessor = result.users.find(({ name }) => name === user)?.accessor;
  if (accessor === null || accessor === undefined) throw new Error(`${user} was not enrolled`);
  return accessor;
}

async function problemsOf(work: Promise<unknown>): Promise<readonly string[]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ExpectedError) return error.problems;
    throw error;
  }
  throw new Error("expected it to be refused");
}

describe("a change that is larger than allowed", () => {
  const serve = (action: "apply" | "retire", plan: HostPlan, maxChanges: number) =>
    handle(
      { action, plan, maxChanges },
      { session: operator.session, system: () => Promise.resolve(host.system) },
    );

  test.each(["retire", "apply"] as const)("is refused by the host itself on %s", async (action) => {
    await run(fakePlan(vault, ["alice", "bob"]));
    const refused = await problemsOf(serve(action, fakePlan(vault, []), 1));
    expect(refused).toEqual([
      expect.stringMatching(/retire 2 users \(alice, bob\).*maxChangesPerUp/) as string,
    ]);
    expect([...host.units].sort()).toEqual(starters("alice", "bob"));
    expect(operator.revoked).toEqual([]);
  });

  test("is done when it is just what is allowed", async () => {
    await run(fakePlan(vault, ["alice", "bob"]));
    expect((await serve("retire", fakePlan(vault, []), 2)).problems).toEqual([]);
    expect([...host.units].sort()).toEqual([]);
  });

  test("does not keep a host's first apply from enrolling whom it will", async () => {
    expect((await serve("apply", fakePlan(vault, ["alice", "bob"]), 0)).problems).toEqual([]);
  });
});

describe("apply", () => {
  test("enrols each renewed user, 0600 below 0700, and starts their timers", async () => {
    const { result, problems } = await run(fakePlan(vault, ["alice", "bob", "carol!"]));
    expect(problems).toEqual([]);
    expect(result.generation).toBe(1);
    expect(result.users.map(({ name, token, awaitingLogin }) => [name, token, awaitingLogin])).toEqual([
      ["alice", "enrolled", true],
      ["bob", "enrolled", true],
      ["carol", "not-renewed", false],
    ]);
    const token = (await readFile(tokenFile("alice"), "utf8")).trim();
    expect(vault.tokens.get(token)?.meta["user"]).toBe("alice");
    expect((await readFile(accessorFile("alice"), "utf8")).trim()).toBe(result.users[0]?.accessor);
    expect((await stat(tokenFile("alice"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(tokenFile("alice"), ".."))).mode & 0o777).toBe(0o700);
    expect([...host.units].sort()).toEqual(starters("alice", "bob"));
    expect(await readFile(etc("claude-fleet/dev/plan.json"), "utf8")).not.toContain(token);
  });

  test("a second time changes nothing but the count", async () => {
    const plan = fakePlan(vault, ["alice"]);
    await run(plan);
    const inode = (await stat(tokenFile("alice"))).ino;
    host.orders.length = 0;
    const { result } = await run(plan);
    expect(result).toMatchObject({ generation: 2, users: [{ token: "kept" }] });
    expect((await stat(tokenFile("alice"))).ino).toBe(inode);
    expect(operator.minted).toEqual(["alice"]);
    expect(host.orders).toEqual([]);
  });

  test("a dead token is replaced, and the old accessor is revoked", async () => {
    const plan = fakePlan(vault, ["alice"]);
    const first = (await run(plan)).result.users[0]?.accessor ?? "";
    vault.revoke(first);
    const { result } = await run(plan);
    expect(result.users[0]?.token).toBe("re-enrolled");
    expect(operator.revoked).toEqual([first]);
  });

  test("another user's token is replaced by one's own", async () => {
    await mkdir(join(tokenFile("alice"), ".."), { recursive: true });
    await writeFile(tokenFile("alice"), vault.mint("bob").token);
    const { result } = await run(fakePlan(vault, ["alice"]));
    expect(result.users[0]?.token).toBe("re-enrolled");
    const token = (await readFile(tokenFile("alice"), "utf8")).trim();
    expect(vault.tokens.get(token)?.meta["user"]).toBe("alice");
  });

  describe("where tokens are bound to networks", () => {
    const free = () => fakePlan(vault, ["alice"]);
    const bound = (cidr: string) => ({ ...free(), vault: { ...free().vault, tokenBoundCidrs: [cidr] } });
    const mint = (...bound_cidrs: string[]) => {
      operator.session.needToken = (user) =>
        Promise.resolve({ user, ...vault.mintWrapped(user, { bound_cidrs }) });
    };

    test("one that is not bound is noticed, works on, and is replaced", async () => {
      const first = accessorOf(await run(free()), "alice");
      const plan = bound("127.0.0.0/8");
      const { users, vaultSource } = await observeWorkstation(host.system, plan);
      expect(vaultSource).toBe("127.0.0.1");
      expect(users[0]?.token).toMatchObject({
        health: "stale",
        detail: "it is bound to no network instead of 127.0.0.0/8",
      });
      mint("127.0.0.0/8");
      const { result, problems } = await run(plan);
      expect(problems).toEqual([]);
      expect(result.users[0]).toMatchObject({ token: "re-enrolled" });
      expect(operator.revoked).toEqual([first]);
      expect((await run(plan)).result.users[0]).toMatchObject({ token: "kept" });
    });

    test("a new one that the role has not bound is revoked, and the former one stays", async () => {
      const first = accessorOf(await run(free()), "alice");
      mint();
      const { result, problems } = await run(bound("127.0.0.0/8"));
      expect(problems).toEqual([
        "alice keeps the Vault token that is to be replaced (it is bound to no network instead of 127.0.0.0/8): the new token is not what it must be: it is bound to no network instead of 127.0.0.0/8.",
      ]);
      expect(operator.revoked).toEqual(["fake-accessor-2"]);
      expect(result.users[0]).toMatchObject({ token: "failed", accessor: first });
      expect([...vault.tokens.values()].map(({ accessor }) => accessor)).toEqual([first]);
    });

    test("nobody asks from where a host reaches Vault where they are not", async () => {
      expect((await observeWorkstation(host.system, free())).vaultSource).toBeNull();
    });
  });

  test("a token that is older than it may get is replaced, and a younger one kept", async () => {
    const plan = fakePlan(vault, ["alice"]);
    const days = (rotate: number) => ({
      ...plan,
      vault: { ...plan.vault, rotateTokensAfterSeconds: rotate * 86_400 },
    });
    const first = accessorOf(await run(plan), "alice");
    const made = 1_700_000_000;
    const [token] = [...vault.tokens.values()];
    // Vault says this forty days after it has made it.
    token!.creation_time = made;
    token!.expire_time = new Date((made + 40 * 86_400 + token!.ttl) * 1000).toISOString();
    expect((await run(days(41))).result.users[0]).toMatchObject({ token: "kept" });
    const { result, problems } = await run(days(40));
    expect(problems).toEqual([]);
    expect(result.users[0]).toMatchObject({ token: "re-enrolled" });
    expect(operator.revoked).toEqual([first]);
  });

  test("with Vault sealed nothing is minted, and the state is called unknown", async () => {
    const plan = fakePlan(vault, ["alice", "bob"]);
    await run(fakePlan(vault, ["alice"]));
    vault.broken = { status: 503, body: { errors: ["Vault is sealed"] } };
    const { problems } = await run(plan);
    expect(problems[0]).toContain("alice: the state of the Vault token is unknown");
    expect(problems[1]).toContain("bob was not enrolled: Vault at");
    expect(operator.minted).toEqual(["alice"]);
    expect(operator.revoked).toEqual([]);
  });

  test("what is minted wrongly is revoked, and the old accessor stays on record", async () => {
    const plan = fakePlan(vault, ["alice"]);
    const first = (await run(plan)).result.users[0]?.accessor;
    await writeFile(tokenFile("alice"), "dead");
    operator.session.needToken = (user) =>
      Promise.resolve({ user, ...vault.mintWrapped(user, { policies: ["claude-dev-bob"] }) });
    const { result, problems } = await run(plan);
    expect(problems).toEqual([
      "alice was not enrolled: the new token is not what it must be: its policies are [claude-dev-bob], not exactly [claude-dev-alice].",
    ]);
    expect(operator.revoked).toEqual(["fake-accessor-2"]);
    expect(result.users[0]).toMatchObject({ token: "failed", accessor: first });
    expect((await readFile(accessorFile("alice"), "utf8")).trim()).toBe(first);
  });

  test("one user's trouble is not another's", async () => {
    host.broken.add("alice");
    const { result, problems } = await run(fakePlan(vault, ["alice", "bob", "ghost"]));
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain("alice: the process that runs as this user ended with exit code 1");
    expect(problems[1]).toContain("ghost: there is no such OS user on devvm");
    expect(result.users.map(({ token }) => token)).toEqual(["failed", "enrolled", "failed"]);
    expect([...host.units].sort()).toEqual(starters("bob"));
  });

  test("a paused user's timer and path unit are left alone", async () => {
    await mkdir(etc("claude-fleet/dev/pause"), { recursive: true });
    await writeFile(etc("claude-fleet/dev/pause/alice"), "");
    await run(fakePlan(vault, ["alice", "bob"]));
    expect([...host.units].sort()).toEqual(starters("bob"));
  });

  test("a timer that somebody has masked is unmasked and started", async () => {
    const plan = fakePlan(vault, ["alice"]);
    await run(plan);
    host.units.delete("claude-auth-sync@alice.timer");
    host.masked.add("claude-auth-sync@alice.timer");
    expect((await run(plan)).problems).toEqual([]);
    expect([...host.units].sort()).toEqual(starters("alice"));
  });

  test("a user who is no longer renewed loses timer and token", async () => {
    await run(fakePlan(vault, ["alice", "bob"]));
    const { problems } = await run(fakePlan(vault, ["alice", "bob!"]));
    expect(problems).toEqual([]);
    expect([...host.units].sort()).toEqual(starters("alice"));
    expect(operator.revoked).toHaveLength(1);
    await expect(stat(tokenFile("bob"))).rejects.toThrow("ENOENT");
  });

  test("files that are not ours stop it before anything is changed, unless they may be adopted", async () => {
    await writeFile(etc("systemd/system/claude-auth-sync@.service"), "[Unit]\nDescription=somebody's\n");
    const plan = fakePlan(vault, ["alice"]);
    expect(await problemsOf(run(plan))).toEqual([
      "/etc/systemd/system/claude-auth-sync@.service is there already and is not claude-fleet's; move it away, or set `adopt: true` to take it over.",
    ]);
    expect(await readdir(host.root)).toEqual(["etc", "home"]);
    expect(operator.minted).toEqual([]);
    const adopting = { ...plan, renewal: { ...plan.renewal, adopt: true } };
    const said: string[] = [];
    operator.session.progress = (line) => said.push(line);
    expect((await run(adopting)).problems).toEqual([]);
    const copy = "/var/lib/claude-fleet/replaced/etc/systemd/system/claude-auth-sync@.service";
    expect(said).toContain(
      `took over /etc/systemd/system/claude-auth-sync@.service, which was not claude-fleet's; the former file is kept as ${copy}`,
    );
    expect(await readFile(join(host.root, copy), "utf8")).toBe("[Unit]\nDescription=somebody's\n");
  });

  test("copies of taken-over files that have one name do not replace each other", async () => {
    const paths = ["alice", "bob"].map(
      (user) => `/etc/systemd/system/claude-auth-sync@${user}.timer.d/10-claude-fleet.conf`,
    );
    for (const path of paths) {
      const copy = await keepForeignFile(host.system, { path, content: Buffer.from(path) });
      expect(await readFile(join(host.root, copy ?? ""), "utf8")).toBe(path);
    }
    const [first] = paths;
    expect(await readFile(join(host.root, "/var/lib/claude-fleet/replaced", first!), "utf8")).toBe(first);
  });

  test("the original's token of a user who is not renewed goes, too, when a host is taken over", async () => {
    const { token, accessor } = vault.mint("bob", {
      meta: {},
      policies: ["workstation-claude-bob"],
      role: "",
    });
    await mkdir(join(tokenFile("bob"), ".."), { recursive: true });
    await writeFile(tokenFile("bob"), `${token}\n`);
    const plan = fakePlan(vault, ["alice", "bob!"]);
    await run({ ...plan, renewal: { ...plan.renewal, adopt: true } });
    expect(operator.revoked).toEqual([accessor]);
    await expect(stat(tokenFile("bob"))).rejects.toThrow("ENOENT");
  });

  test("a token that its agent has not renewed for long is renewed, and not minted anew", async () => {
    const plan = fakePlan(vault, ["alice"]);
    await run(plan);
    const [token] = [...vault.tokens.values()];
    token!.ttl = 3600;
    const { result, problems } = await run(plan);
    expect(problems).toEqual([]);
    expect(result.users[0]?.token).toBe("kept");
    expect(token!.ttl).toBe(2_764_800);
  });

  test("a link in a unit's place is replaced and not followed", async () => {
    await writeFile(join(host.root, "victim"), "untouched");
    await symlink(join(host.root, "victim"), etc("systemd/system/claude-auth-sync@.timer"));
    const plan = fakePlan(vault, ["alice"]);
    expect(await problemsOf(run(plan))).toHaveLength(1);
    await run({ ...plan, renewal: { ...plan.renewal, adopt: true } });
    expect(await readFile(join(host.root, "victim"), "utf8")).toBe("untouched");
  });

  test("another fleet that renews the user, or wants another program, is named", async () => {
    await run(fakePlan(vault, ["alice"]));
    const other = fakePlan(vault, ["alice"], {
      fleet: "other",
      program: { version: "2", sha256: "b".repeat(64) },
    });
    expect(await problemsOf(run(other))).toEqual([
      'The fleet "dev" on this host runs the program 1.0.0-abc, and the fleet "other" wants 2; apply both from the same version of claude-fleet. To change the version, destroy one of the two stacks first and apply it again at the end. Logins and backups stay.',
      'alice is enrolled by the fleet "dev" on this host; remove the user from one of the two fleets.',
    ]);
  });

  test("what another fleet has is seen before an apply, without changing anything", async () => {
    await run(fakePlan(vault, ["alice"]));
    const other = fakePlan(vault, ["alice", "bob"], { fleet: "other" });
    expect((await observeWorkstation(host.system, other)).conflicts).toEqual([
      'alice is enrolled by the fleet "dev" on this host; remove the user from one of the two fleets.',
    ]);
    expect((await observeWorkstation(host.system, fakePlan(vault, ["alice"]))).conflicts).toEqual([]);
  });

  test("a program that is not the one of the plan is never installed", async () => {
    const plan = fakePlan(vault, [], { program: { version: "2", sha256: "b".repeat(64) } });
    expect((await problemsOf(run(plan)))[0]).toContain("run `npm run build`");
  });
});

describe("a user whose account has another name by now", () => {
  const renamed = (): HostPlan => {
    const plan = fakePlan(vault, ["alice.smith", "bob"]);
    const [alice, bob] = plan.users;
    const former = fakePlan(vault, ["alice"]).users[0]!;
    return { ...plan, users: [{ ...former, name: alice!.name, formerly: "alice" }, bob!] };
  };
  const rename = async () => {
    host.people.delete("alice");
    host.people.add("alice.smith");
    await cp(host.home("alice"), host.home("alice.smith"), { recursive: true });
  };

  beforeEach(async () => {
    await run(fakePlan(vault, ["alice", "bob"]));
    await mkdir(etc("claude-fleet/dev/pause"), { recursive: true });
    operator.minted.length = 0;
  });

  test("keeps the token, and is renewed by the new name alone", async () => {
    await rename();
    const plan = renamed();
    expect((await unenrolDeparted(host.system, plan, operator.session)).result.retired).toEqual([]);
    const { result, problems } = await run(plan);
    expect(problems).toEqual([]);
    expect(result.users.map(({ name, token }) => [name, token])).toEqual([
      ["alice.smith", "kept"],
      ["bob", "kept"],
    ]);
    expect([operator.minted, operator.revoked]).toEqual([[], []]);
    expect([...host.units].sort()).toEqual(starters("alice.smith", "bob"));
    const units = await readdir(etc("systemd/system"));
    expect(units.filter((name) => /@alice\.(?:service|timer|path)/.test(name))).toEqual([]);
    const seen = await observeWorkstation(host.system, plan);
    expect([seen.enrolled, seen.strays]).toEqual([["alice.smith", "bob"], []]);
  });

  test("stays paused", async () => {
    await writeFile(etc("claude-fleet/dev/pause/alice"), "");
    await rename();
    await run(renamed());
    expect(await readdir(etc("claude-fleet/dev/pause"))).toEqual(["alice.smith"]);
    expect([...host.units].sort()).toEqual(starters("bob"));
  });

  test("is left as they are while the account has the former name", async () => {
    const { problems } = await run(renamed());
    expect(problems).toEqual([expect.stringContaining("alice.smith: there is no such OS user") as string]);
    expect((await observeWorkstation(host.system, renamed())).enrolled).toEqual(["alice", "bob"]);
    expect(operator.revoked).toEqual([]);
  });

  test("loses the token by its own name when they leave", async () => {
    await rename();
    await run(renamed());
    const users: string[] = [];
    operator.session.revoke = (user) => void users.push(user);
    await unenrolDeparted(host.system, fakePlan(vault, ["bob"]), operator.session);
    expect(users).toEqual(["alice"]);
    expect([...host.units].sort()).toEqual(starters("bob"));
  });
});

describe("retire", () => {
  test("takes out those who left the plan, and a second time finds nothing to do", async () => {
    const bobs = accessorOf(await run(fakePlan(vault, ["alice", "bob"])), "bob");
    const plan = fakePlan(vault, ["alice"]);
    const { result } = await unenrolDeparted(host.system, plan, operator.session);
    expect(result.retired).toEqual([{ name: "bob", accessors: [bobs] }]);
    expect(operator.revoked).toEqual([bobs]);
    expect([...host.units].sort()).toEqual(starters("alice"));
    await expect(stat(tokenFile("bob"))).rejects.toThrow("ENOENT");
    expect((await unenrolDeparted(host.system, plan, operator.session)).result.retired).toEqual([]);
    expect((await observeWorkstation(host.system, plan)).enrolled).toEqual(["alice"]);
  });

  test("stops what renews users whom no fleet knows, and no other fleet's", async () => {
    await run(fakePlan(vault, ["alice"]));
    const other = fakePlan(vault, ["bob"], { fleet: "other" });
    await apply(host.system, other, operator.session);
    for (const unit of [...starters("bob"), "claude-auth-sync@zoe.timer"]) host.units.add(unit);
    await mkdir(etc("systemd/system/timers.target.wants"));
    await symlink(
      "../claude-auth-sync@.timer",
      etc("systemd/system/timers.target.wants/claude-auth-sync@yan.timer"),
    );
    const plan = fakePlan(vault, ["alice"]);
    expect((await observeWorkstation(host.system, plan)).strays).toEqual(["yan", "zoe"]);
    host.orders.length = 0;
    const { generation } = await observeWorkstation(host.system, plan);
    expect((await unenrolDeparted(host.system, plan, operator.session)).problems).toEqual([]);
    // Else the same difference a second time would be the same note, and no difference for the engine.
    expect((await observeWorkstation(host.system, plan)).generation).toBe(generation + 1);
    expect(host.orders).toEqual([
      `disable ${[...starters("yan").toReversed(), ...starters("zoe").toReversed()].join(" ")}`,
    ]);
    expect([...host.units].sort()).toEqual(starters("alice", "bob"));
  });

  test("stops nobody before this fleet has applied anything, unless it takes over", async () => {
    host.units.add("claude-auth-sync@zoe.timer");
    await writeFile(etc("systemd/system/claude-auth-sync@.timer"), "[Timer]\n");
    const plan = fakePlan(vault, ["alice"]);
    await unenrolDeparted(host.system, plan, operator.session);
    expect((await observeWorkstation(host.system, plan)).strays).toEqual([]);
    expect([...host.units]).toEqual(["claude-auth-sync@zoe.timer"]);
    const adopting = { ...plan, renewal: { ...plan.renewal, adopt: true } };
    expect((await observeWorkstation(host.system, adopting)).strays).toEqual(["zoe"]);
    await unenrolDeparted(host.system, adopting, operator.session);
    expect([...host.units]).toEqual([]);
  });

  test("knows the accessor of a user whose account is gone", async () => {
    const bobs = accessorOf(await run(fakePlan(vault, ["alice", "bob"])), "bob");
    host.people.delete("bob");
    const { result, problems } = await unenrolDeparted(
      host.system,
      fakePlan(vault, ["alice"]),
      operator.session,
    );
    expect(problems).toEqual([]);
    expect(result.retired[0]?.accessors).toEqual([bobs]);
  });

  test("a user whose home cannot be cleared is tried again, with the token revoked at once", async () => {
    const bobs = accessorOf(await run(fakePlan(vault, ["alice", "bob"])), "bob");
    host.broken.add("bob");
    const plan = fakePlan(vault, ["alice"]);
    const { result, problems } = await unenrolDeparted(host.system, plan, operator.session);
    expect(result.retired).toEqual([]);
    expect(problems[0]).toContain("bob: ");
    expect(operator.revoked).toEqual([bobs]);
    host.broken.clear();
    expect((await unenrolDeparted(host.system, plan, operator.session)).result.retired).toHaveLength(1);
  });
});

test("remove leaves nothing of the last fleet, and shared files while another is there", async () => {
  const other = fakePlan(vault, ["bob"], { fleet: "other" });
  other.users.forEach((user) => Object.assign(user, { policy: "claude-other-bob" }));
  await run(fakePlan(vault, ["alice"]));
  await apply(host.system, { ...other, users: [] }, operator.session);
  await removeFleet(host.system, fakePlan(vault, ["alice"]), operator.session);
  expect(await readdir(etc("claude-fleet"))).toEqual(["other"]);
  expect((await readdir(etc("systemd/system"))).sort()).toEqual([
    "claude-auth-sync-backup@.service",
    "claude-auth-sync@.path",
    "claude-auth-sync@.service",
    "claude-auth-sync@.timer",
  ]);
  await removeFleet(host.system, other, operator.session);
  expect(await readdir(etc("systemd/system"))).toEqual([]);
  await expect(stat(etc("claude-fleet"))).rejects.toThrow("ENOENT");
  await expect(stat(join(host.root, "usr/local/lib/claude-fleet"))).rejects.toThrow("ENOENT");
});

describe("the record of what was applied", () => {
  const recorded = () => etc("claude-fleet/dev/plan.json");
  const digest = async (plan: HostPlan) => (await observeWorkstation(host.system, plan)).plan;

  test("is the plan itself, by its digest", async () => {
    const plan = fakePlan(vault, ["alice"]);
    expect(await digest(plan)).toBeNull();
    await run(plan);
    expect(await digest(plan)).toBe(planDigest(plan));
  });

  test("that was edited is told from it, and written anew by an apply", async () => {
    const plan = fakePlan(vault, ["alice"]);
    await run(plan);
    await writeFile(recorded(), (await readFile(recorded(), "utf8")).replace("21600", "60"));
    expect(await digest(plan)).not.toBe(planDigest(plan));
    await run(plan);
    expect(await digest(plan)).toBe(planDigest(plan));
  });

  test("that is damaged keeps nobody from seeing it, nor from an apply", async () => {
    const plan = fakePlan(vault, ["alice"]);
    await run(plan);
    await writeFile(recorded(), "{");
    expect(await digest(plan)).toBeNull();
    expect((await run(plan)).problems).toEqual([]);
    expect(await digest(plan)).toBe(planDigest(plan));
  });
});

test("observing tells what another plan wants from what somebody has edited", async () => {
  const former = fakePlan(vault, ["alice", "bob"]);
  await run(former);
  const files = former.files.map((file) => ({ ...file, content: `${file.content}# newer\n` }));
  const users = former.users.map((user) => ({ ...user, claude: "/opt/newer/claude" }));
  const path = "systemd/system/claude-auth-sync@.timer";
  await writeFile(etc(path), "edited");
  await writeFile(etc("systemd/system/claude-auth-sync@bob.service.d/10-claude-fleet.conf"), "edited");
  const seen = await observeWorkstation(host.system, { ...former, files, users });
  expect(seen.files.filter(({ applied }) => !applied).map((file) => file.path)).toEqual([`/etc/${path}`]);
  expect(seen.users.map(({ dropIn }) => dropIn)).toEqual(["applied", "different"]);
});

test("observing shows what differs and writes nothing", async () => {
  const plan = fakePlan(vault, ["alice", "ghost"]);
  await run(fakePlan(vault, ["alice"]));
  await writeFile(etc("systemd/system/claude-auth-sync@.timer"), "edited");
  await writeFile(etc("systemd/system/claude-auth-sync@alice.service.d/10-claude-fleet.conf"), "edited");
  const before = await readdir(host.root, { recursive: true });
  const seen = await observeWorkstation(host.system, plan);
  expect(await readdir(host.root, { recursive: true })).toEqual(before);
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
