/** What belongs to a user instead of root is named and repaired by a new file. The tests need root, who gives files away. */
import {
  chmod,
  chown,
  lchown,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect } from "../../../../host/metrics/collect.ts";
import { repairHost } from "../../../../host/repair/repair-host.ts";
import { untrustedPaths } from "../../../../host/trust/untrusted-paths.ts";
import { apply } from "../../../../host/workstation/apply.ts";
import { FleetRecord } from "../../../../host/workstation/fleet-record.ts";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { workstationStatus } from "../../../../host/workstation/status.ts";
import { fakeHost, fakePlan, fakeSession, program, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";

const USER = 61_234;
let vault: FakeVault;
let host: FakeHost;

beforeEach(async () => {
  vault = await new FakeVault().start();
  host = await fakeHost("alice", "bob");
  await applied();
});
afterEach(() => vault.close());

const plan = () => fakePlan(vault, ["alice", "bob"]);
const applied = () => apply(host.system, plan(), fakeSession(vault).session);
const place = (path: string) => join(host.root, path);
const within = (lines: readonly string[]) => lines.map((line) => line.replaceAll(host.root, ""));
const record = () => new FleetRecord(host.system, "dev");

async function named(): Promise<readonly string[]> {
  const found = await untrustedPaths(host.system, plan(), record());
  return within(found.map(({ path, why, own }) => `${own ? "" : "system: "}${path} ${why}`)).toSorted();
}

async function repaired() {
  const { repaired, problems } = await repairHost(host.system);
  return { repaired: within(repaired), problems: within(problems) };
}

const UNITS = "/etc/systemd/system";
const PROGRAMS = "/usr/local/lib/claude-fleet";
const VERSION = `${PROGRAMS}/${program.version}`;
const RECORD = "/etc/claude-fleet/dev";
const DROP_IN = `${UNITS}/claude-auth-sync@alice.service.d`;

const theirs = `belongs to uid ${USER} and gid 0 instead of root`;
const give = (path: string) => chown(place(path), USER, 0);
const opened = (path: string, mode: number) => chmod(place(path), mode);

interface Case {
  readonly what: string;
  readonly by: () => Promise<unknown>;
  readonly named: readonly string[];
}

const FILES: readonly Case[] = [
  ...[
    `${UNITS}/claude-auth-sync@.service`,
    `${DROP_IN}/10-claude-fleet.conf`,
    `${VERSION}/program.cjs`,
    `${VERSION}/claude-fleet-host`,
    `${RECORD}/enrolled.json`,
    `${RECORD}/generation`,
  ].map((path) => ({ what: path, by: () => give(path), named: [`${path} ${theirs}`] })),
  {
    what: "a drop-in that everybody can write",
    by: () => opened(`${DROP_IN}/10-claude-fleet.conf`, 0o666),
    named: [`${DROP_IN}/10-claude-fleet.conf has the mode 0666 instead of 0644`],
  },
  {
    what: "a program that runs with its owner's rights",
    by: () => opened(`${VERSION}/claude-auth-sync`, 0o4755),
    named: [`${VERSION}/claude-auth-sync has the mode 4755 instead of 0755`],
  },
  {
    what: "a unit of a user's group",
    by: () => chown(place(`${UNITS}/claude-auth-sync@.timer`), 0, USER),
    named: [`${UNITS}/claude-auth-sync@.timer belongs to uid 0 and gid ${USER} instead of root`],
  },
];

const FOLDERS: readonly Case[] = [
  ...[PROGRAMS, VERSION, DROP_IN, RECORD, "/etc/claude-fleet"].map((path) => ({
    what: path,
    by: () => give(path),
    named: [`${path} ${theirs}`],
  })),
  {
    what: "a sticky folder of drop-ins, in which everybody can put one",
    by: () => opened(DROP_IN, 0o1777),
    named: [`${DROP_IN} has the mode 1777 instead of 0755`],
  },
  {
    what: "the link to the current version",
    by: () => lchown(place(`${PROGRAMS}/current`), USER, USER),
    named: [`${PROGRAMS}/current belongs to uid ${USER} and gid ${USER} instead of root`],
  },
];

describe.runIf(process.getuid?.() === 0)("on a workstation", () => {
  it("nothing is named after an apply", async () => {
    expect(await named()).toEqual([]);
  });

  it.each([...FILES, ...FOLDERS])("an apply repairs $what", async ({ by, named: wanted }) => {
    await by();
    expect(await named()).toEqual(wanted);
    const observed = await observeWorkstation(host.system, plan());
    expect(within(observed.untrusted.map(({ path, why }) => `${path} ${why}`))).toEqual(wanted);
    expect((await applied()).problems).toEqual([]);
    expect(await named()).toEqual([]);
  });

  it.each(FILES)("the hourly repair puts a new file in the place of $what", async ({ by, named: wanted }) => {
    const path = wanted[0]?.split(" ")[0] ?? "";
    const before = await readFile(place(path), "utf8");
    // A process that has opened a file can write it, whatever its owner and mode become.
    const held = await open(place(path), "r+");
    await by();
    expect((await repaired()).problems).toEqual([]);
    expect(await named()).toEqual([]);
    await held.write("evil", 0);
    await held.close();
    expect(await readFile(place(path), "utf8")).toBe(before);
  });

  it("the hourly repair gives a folder back to root", async () => {
    await give(VERSION);
    await give(DROP_IN);
    expect(await repaired()).toMatchObject({ problems: [] });
    expect(await named()).toEqual([]);
  });

  it("a user's drop-in beside the fleet's is moved away, and root's stays", async () => {
    await writeFile(place(`${DROP_IN}/zz.conf`), "[Service]\nUser=0\n");
    expect(await named()).toEqual([]);
    await give(`${DROP_IN}/zz.conf`);
    expect(await named()).toEqual([`${DROP_IN}/zz.conf ${theirs}`]);
    expect(await repaired()).toEqual({
      repaired: [`${DROP_IN}/zz.conf belonged to uid ${USER} and gid 0`],
      problems: [],
    });
    expect(await readdir(place(DROP_IN))).toEqual(["10-claude-fleet.conf"]);
    expect(await readFile(place(`/var/lib/claude-fleet/replaced${DROP_IN}/zz.conf`), "utf8")).toMatch(
      /User=0/,
    );
  });

  it("a drop-in of the host's own units is found, too", async () => {
    const evil = `${UNITS}/claude-fleet-assert.service.d`;
    await mkdir(place(evil));
    await writeFile(place(`${evil}/x.conf`), "");
    await give(evil);
    expect(await named()).toEqual([`${evil} ${theirs}`]);
  });

  it("a link to a user's folder is replaced by a folder", async () => {
    await mkdir(host.home("alice"), { recursive: true });
    await rename(place(PROGRAMS), join(host.home("alice"), "programs"));
    await symlink(join(host.home("alice"), "programs"), place(PROGRAMS));
    await chown(join(host.home("alice"), "programs"), USER, USER);
    expect(await named()).toContain(`${PROGRAMS} is a symbolic link instead of a folder`);
    expect((await applied()).problems).toEqual([]);
    expect((await stat(place(PROGRAMS))).uid).toBe(0);
    expect(await named()).toEqual([]);
  });

  it("a hard link to a user's file is replaced by a file of root", async () => {
    const unit = `${UNITS}/claude-auth-sync@.service`;
    await writeFile(join(host.home("alice"), "mine"), await readFile(place(unit)));
    await chown(join(host.home("alice"), "mine"), USER, USER);
    await rm(place(unit));
    await link(join(host.home("alice"), "mine"), place(unit));
    expect((await repaired()).repaired).toEqual([unit]);
    await writeFile(join(host.home("alice"), "mine"), "evil");
    expect(await readFile(place(unit), "utf8")).not.toContain("evil");
  });

  it("a record that a user could have written is not believed, and an apply writes it again", async () => {
    const path = place(`${RECORD}/plan.json`);
    const evil = "/etc/cron.d/evil";
    await writeFile(path, (await readFile(path, "utf8")).replace(`${UNITS}/claude-auth-sync@.timer`, evil));
    await give(`${RECORD}/plan.json`);
    const { repaired: done, problems } = await repaired();
    expect(done).toEqual([]);
    expect(problems).toEqual([
      `fleet dev: ${RECORD}/plan.json is not used, because ${RECORD}/plan.json belongs to uid ${USER}: root believes only what root alone can write. Run \`pulumi up\`.`,
    ]);
    await expect(stat(place(evil))).rejects.toThrow("ENOENT");
    expect((await observeWorkstation(host.system, plan())).plan).toBeNull();
    expect((await applied()).problems).toEqual([]);
    expect(await repaired()).toEqual({ repaired: [], problems: [] });
  });

  it.each(["/etc", "/usr/local", "/usr/local/lib", "/var/lib", UNITS])(
    "the system's folder %s is named and not changed, and an apply changes nothing until it is root's",
    async (path) => {
      await mkdir(place(path), { recursive: true });
      await give(path);
      await rm(place(`${UNITS}/claude-auth-sync@.path`));
      expect(await named()).toContain(`system: ${path} belongs to uid ${USER}`);
      await expect(applied()).rejects.toThrow(
        `${place(path)} belongs to uid ${USER}. Only root may be able to change it`,
      );
      expect((await stat(place(path))).uid).toBe(USER);
      await expect(stat(place(`${UNITS}/claude-auth-sync@.path`))).rejects.toThrow("ENOENT");
      await chown(place(path), 0, 0);
      expect((await applied()).problems).toEqual([]);
    },
  );

  it("status and metrics say so", async () => {
    await give(`${DROP_IN}/10-claude-fleet.conf`);
    const { untrusted } = await workstationStatus(host.system, "dev", new Date());
    expect(untrusted).toEqual([{ path: place(`${DROP_IN}/10-claude-fleet.conf`), why: theirs, own: true }]);
    await collect(host.system, new Date());
    const text = await readFile(place("/var/lib/claude-fleet/metrics/claude_fleet.prom"), "utf8");
    expect(text).toContain("claude_fleet_untrusted_paths 1\n");
  });
});
