/** The hourly repair on a workstation in a folder: it restores everything that an apply has written, without Vault. */
import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { apply } from "../../../../host/workstation/apply.ts";
import { lastRepair, recordRepair } from "../../../../host/repair/last-repair.ts";
import { repairAndRecord, repairHost } from "../../../../host/repair/repair-host.ts";
import { ExpectedError } from "../../../../lib/expected-error.ts";
import { fakeHost, fakeSession, fakePlan, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";

let vault: FakeVault;
let host: FakeHost;

beforeEach(async () => {
  vault = await new FakeVault().start();
  host = await fakeHost("alice", "bob", "carol");
  await apply(host.system, fakePlan(vault, ["alice", "bob", "carol!"]), fakeSession(vault).session);
  vault.calls.length = 0;
  host.orders.length = 0;
});
afterEach(() => vault.close());

const etc = (path: string) => join(host.root, "etc", path);
const unit = (name: string) => etc(`systemd/system/${name}`);
const dropIn = (name: string) => unit(`${name}.d/10-claude-fleet.conf`);
const config = (user: string) => join(host.home(user), ".config/claude-auth-sync");
const mode = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8);

/** Removes the folder of the host from paths. */
const within = (lines: readonly string[]) => lines.map((line) => line.replaceAll(host.root, ""));

async function repair() {
  const { repaired, problems } = await repairHost(host.system);
  return { repaired: within(repaired), problems: within(problems) };
}

test("an unchanged host is left alone, and systemd gets no order", async () => {
  expect(await repair()).toEqual({ repaired: [], problems: [] });
  expect(host.orders).toEqual([]);
});

test("Vault is never asked", async () => {
  await rm(config("alice"), { recursive: true });
  await repair();
  expect(vault.calls).toEqual([]);
});

interface Break {
  readonly what: string;
  readonly by: () => Promise<unknown>;
  readonly repaired: readonly string[];
}

const broken: readonly Break[] = [
  {
    what: "a missing unit",
    by: () => rm(unit("claude-auth-sync@.service")),
    repaired: ["/etc/systemd/system/claude-auth-sync@.service"],
  },
  {
    what: "an edited unit",
    by: () => writeFile(unit("claude-auth-sync@.timer"), "[Timer]\nOnCalendar=yearly\n"),
    repaired: ["/etc/systemd/system/claude-auth-sync@.timer"],
  },
  {
    what: "an edited drop-in",
    by: () => writeFile(dropIn("claude-auth-sync@alice.service"), "[Service]\nUser=0\n"),
    repaired: ["/etc/systemd/system/claude-auth-sync@alice.service.d/10-claude-fleet.conf"],
  },
  {
    what: "a unit that others may write",
    by: () => chmod(unit("claude-auth-sync@.path"), 0o666),
    repaired: ["/etc/systemd/system/claude-auth-sync@.path"],
  },
  {
    what: "a drop-in's folder that others may write",
    by: () => chmod(unit("claude-auth-sync@alice.service.d"), 0o777),
    repaired: ["/etc/systemd/system/claude-auth-sync@alice.service.d had the mode 0777"],
  },
  {
    what: "a ledger that others may read",
    by: () => chmod(etc("claude-fleet/dev/enrolled.json"), 0o644),
    repaired: ["/etc/claude-fleet/dev/enrolled.json had the mode 0644"],
  },
  {
    what: "a timer and a path unit that are off",
    by: () => {
      for (const kind of ["timer", "path"]) host.units.delete(`claude-auth-sync@bob.${kind}`);
      return Promise.resolve();
    },
    repaired: [
      "claude-auth-sync@bob.timer was not enabled and active",
      "claude-auth-sync@bob.path was not enabled and active",
    ],
  },
  {
    what: "a folder in a home that others may enter",
    by: () => chmod(config("alice"), 0o755),
    repaired: ["alice: /home/alice/.config/claude-auth-sync had the mode 0755"],
  },
  {
    what: "a token that others may read",
    by: () => chmod(join(config("bob"), "vault-token"), 0o644),
    repaired: ["bob: /home/bob/.config/claude-auth-sync/vault-token had the mode 0644"],
  },
  {
    what: "a missing folder in a home",
    by: () => rm(join(host.home("alice"), ".local"), { recursive: true }),
    repaired: ["alice: /home/alice/.local/state/claude-auth-sync was missing"],
  },
  {
    what: "a missing command of the program",
    by: () => rm(join(host.root, "usr/local/lib/claude-fleet/current/claude-auth-sync")),
    repaired: ["the program 1.0.0-abc"],
  },
];

describe("the repair restores and names", () => {
  test.each(broken)("$what", async ({ by, repaired }) => {
    await by();
    expect(await repair()).toEqual({ repaired, problems: [] });
    expect(await repair()).toEqual({ repaired: [], problems: [] });
  });

  test("all of these at once", async () => {
    for (const { by } of broken) await by();
    const { repaired, problems } = await repair();
    expect(problems).toEqual([]);
    expect(new Set(repaired)).toEqual(new Set(broken.flatMap((one) => one.repaired)));
    expect(await mode(join(config("bob"), "vault-token"))).toBe("600");
    expect(host.orders[0]).toBe("daemon-reload");
  });
});

describe("the repair leaves alone", () => {
  test("a paused user's timer", async () => {
    await mkdir(etc("claude-fleet/dev/pause"), { recursive: true });
    await writeFile(etc("claude-fleet/dev/pause/alice"), "");
    for (const kind of ["timer", "path"]) host.units.delete(`claude-auth-sync@alice.${kind}`);
    expect(await repair()).toEqual({ repaired: [], problems: [] });
    expect([...host.units].filter((name) => name.includes("alice"))).toEqual([]);
  });

  test("a user who is not renewed", async () => {
    await repair();
    expect([...host.units].filter((name) => name.includes("carol"))).toEqual([]);
    await expect(stat(config("carol"))).rejects.toThrow("ENOENT");
  });

  test("a user whose enrolment an apply must finish", async () => {
    await writeFile(
      etc("claude-fleet/dev/enrolled.json"),
      '{"alice":{"accessor":"a"},"bob":{"accessor":null}}',
    );
    await chmod(etc("claude-fleet/dev/enrolled.json"), 0o600);
    await rm(dropIn("claude-auth-sync@bob.service"));
    expect(await repair()).toEqual({ repaired: [], problems: [] });
  });

  test("a missing token, which only an administrator can mint", async () => {
    await rm(join(config("alice"), "vault-token"));
    expect(await repair()).toEqual({ repaired: [], problems: [] });
  });

  test("an edited plan, which `pulumi up` judges", async () => {
    const path = etc("claude-fleet/dev/plan.json");
    await writeFile(
      path,
      (await readFile(path, "utf8")).replace('"everySeconds": 21600', '"everySeconds": 3600'),
    );
    expect(await repair()).toEqual({ repaired: [], problems: [] });
  });
});

describe("the repair reports a failure, and repairs the rest, for", () => {
  const others = async () => {
    await rm(dropIn("claude-auth-sync@bob.service"));
    return ["/etc/systemd/system/claude-auth-sync@bob.service.d/10-claude-fleet.conf"];
  };

  test("a home whose user's process fails", async () => {
    const wanted = await others();
    host.broken.add("alice");
    const { repaired, problems } = await repair();
    expect(problems).toEqual([
      "alice: the process that runs as this user ended with exit code 1; look for a process of the user that interferes (`ps -fu alice`), and check the resource limits of this user.",
    ]);
    expect(repaired).toEqual(wanted);
  });

  test("a user's process that hangs, after the units of all users are started", async () => {
    const timer = "claude-auth-sync@bob.timer";
    host.units.delete(timer);
    await chmod(config("bob"), 0o755);
    const { system } = host;
    const hung = { code: null, signal: null, stdout: "", stderr: "", notRun: undefined, notEnded: "EPERM" };
    const started: boolean[] = [];
    const asUser: typeof system.asUser = (account, task, input) => {
      if (account.name !== "alice") return system.asUser(account, task, input);
      started.push(host.units.has(timer));
      return Promise.resolve({ ...hung, cut: { by: "deadline", limit: "20 s" } });
    };
    const { repaired, problems } = await repairHost({ ...system, asUser });
    expect(started).toEqual([true]);
    expect(within(repaired)).toEqual([
      `${timer} was not enabled and active`,
      "bob: /home/bob/.config/claude-auth-sync had the mode 0755",
    ]);
    expect(problems).toEqual([
      "alice: the process that runs as this user did not end within 20 s and could not be killed (EPERM); check the load of the host, whether the user's home answers, and look for stopped processes of the user (`ps -fu alice`).",
    ]);
  });

  test("a missing account", async () => {
    const wanted = await others();
    host.people.delete("alice");
    const { repaired, problems } = await repair();
    expect(problems).toEqual(["alice: there is no such OS user any more; take the user out of the roster."]);
    expect(repaired).toEqual(wanted);
  });

  test("a plan that wants another program", async () => {
    const wanted = await others();
    const path = etc("claude-fleet/dev/plan.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/"sha256": "[0-9a-f]{64}"/, `"sha256": "${"b".repeat(64)}"`));
    const { repaired, problems } = await repair();
    expect(problems).toEqual([expect.stringContaining("run `npm run build`, then `pulumi up`")]);
    expect(repaired).toEqual(wanted);
  });

  test("a folder that is a link, without a change behind the link", async () => {
    await mkdir(join(host.root, "elsewhere"), { mode: 0o777 });
    await chmod(join(host.root, "elsewhere"), 0o777);
    await symlink(join(host.root, "elsewhere"), etc("claude-fleet/dev/pause"));
    const { problems } = await repair();
    expect(problems).toEqual([expect.stringMatching(/claude-fleet\/dev\/pause is a symbolic link/)]);
    expect(await mode(join(host.root, "elsewhere"))).toBe("777");
  });

  test("a fleet with a damaged record", async () => {
    const wanted = await others();
    await mkdir(etc("claude-fleet/broken"));
    await writeFile(etc("claude-fleet/broken/plan.json"), "{");
    const { repaired, problems } = await repair();
    expect(problems).toEqual(["fleet broken: /etc/claude-fleet/broken/plan.json is not JSON."]);
    expect(repaired).toEqual(wanted);
  });
});

test("the counts add up over all repairs, and start again when their file is damaged", async () => {
  const at = new Date(1000);
  await recordRepair(host.system, at, { repaired: ["a", "b"], problems: [] });
  await recordRepair(host.system, at, { repaired: ["c"], problems: ["d"] });
  expect(await lastRepair(host.system)).toEqual({ at: 1000, mendedTotal: 3, problems: 1 });
  await writeFile(join(host.root, "var/lib/claude-fleet/assert.json"), "{");
  expect(await lastRepair(host.system)).toBeUndefined();
  await recordRepair(host.system, at, { repaired: ["c"], problems: [] });
  expect(await lastRepair(host.system)).toEqual({ at: 1000, mendedTotal: 1, problems: 0 });
});

describe("a repair that cannot start is a failure, which the metrics show", () => {
  test.each<[string, () => Promise<never> | Promise<undefined>, string]>([
    ["another change holds the lock", () => Promise.resolve(undefined), "another change of this host"],
    ["the lock cannot be taken", () => Promise.reject(new ExpectedError("No lock.")), "No lock."],
  ])("when %s", async (_, lock, words) => {
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await rm(unit("claude-auth-sync@.service"));
    const code = await repairAndRecord({ ...host.system, lock }, new Date(5000));
    const errors = said.mock.calls.map(([text]) => String(text)).join("");
    said.mockRestore();
    expect(code).toBe(1);
    expect(errors).toContain(words);
    expect(await lastRepair(host.system)).toEqual({ at: 5000, mendedTotal: 0, problems: 1 });
  });
});
