/** The Node that comes with the program: installed beside it, shared by versions, noticed when altered, given up for the host's. */
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apply } from "../../../../host/workstation/apply.ts";
import { installedProgram, installProgram } from "../../../../host/workstation/installed-program.ts";
import { runningNode } from "../../../../host/running-node.ts";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { repairHost } from "../../../../host/repair/repair-host.ts";
import { removeFleet } from "../../../../host/workstation/remove-fleet.ts";
import type { HostSystem } from "../../../../host/system.ts";
import { sha256Of } from "../../../../lib/sha256.ts";
import { OWN_NODE, OWN_NODE_FILE } from "../../../../lib/own-node.ts";
import { fakeHost, fakeSession, fakePlan, program, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";

const NODE = "an executable";
const NEXT = { ...program, version: "1.0.1-def" };
const LATER = { ...program, version: "1.0.2-ghi" };

let host: FakeHost;
/** The host, seen by a program that was sent with its own Node, and by one that runs on the host's Node. */
let byOwn: HostSystem;
let byHost: HostSystem;
/** Path of the running Node. */
let running: string;

beforeEach(async () => {
  host = await fakeHost("alice");
  running = join(host.root, "running");
  await writeFile(running, NODE);
  const ownSha256 = sha256Of(NODE);
  byOwn = { ...host.system, node: { kind: "own", path: running, ownSha256 } };
  byHost = { ...host.system, node: { kind: "host", path: process.execPath, ownSha256 } };
});

const at = (version: string, file: string) => join(host.root, "usr/local/lib/claude-fleet", version, file);
const ownOf = (version: string) => at(version, OWN_NODE_FILE);
const agentOf = (version: string) => readFile(at(version, "claude-auth-sync"), "utf8");

describe("on a host without Node, the program", () => {
  it("is installed with its own Node, which its commands start", async () => {
    expect(await installProgram(byOwn, program)).toBe(true);
    expect(await readFile(ownOf(program.version), "utf8")).toBe(NODE);
    expect((await stat(ownOf(program.version))).mode & 0o7777).toBe(0o755);
    expect(await agentOf(program.version)).toContain(
      `exec '/usr/local/lib/claude-fleet/${program.version}/${OWN_NODE_FILE}' /`,
    );
    expect(await installedProgram(byOwn)).toEqual(program);
    expect(await installProgram(byOwn, program)).toBe(false);
  });

  it("shares the Node's disk space with the next version, and stays until the version after that", async () => {
    await installProgram(byOwn, program);
    await installProgram(byOwn, NEXT);
    expect((await stat(ownOf(NEXT.version))).ino).toBe((await stat(ownOf(program.version))).ino);
    expect(await installedProgram(byOwn)).toEqual(NEXT);
    await installProgram(byOwn, LATER);
    const folder = join(host.root, "usr/local/lib/claude-fleet");
    expect((await readdir(folder)).sort()).toEqual([NEXT.version, LATER.version, "current"]);
  });

  it.each<[string, (file: string) => Promise<void>]>([
    ["edited", (file) => writeFile(file, "another executable")],
    ["removed", (file) => rm(file)],
    ["closed to others", (file) => chmod(file, 0o700)],
    ["open to others", (file) => chmod(file, 0o777)],
  ])("does not count as installed when its Node was %s, and is then repaired", async (_, alter) => {
    await installProgram(byOwn, program);
    await alter(ownOf(program.version));
    expect(await installedProgram(byOwn)).toBeNull();
    expect(await installedProgram(byHost)).toBeNull();
    expect(await installProgram(byOwn, program)).toBe(true);
    expect(await installedProgram(byOwn)).toEqual(program);
  });

  it("is not repaired from an altered Node", async () => {
    await installProgram(byOwn, program);
    await writeFile(ownOf(program.version), "another executable");
    const altered = { ...byOwn, node: { ...byOwn.node, path: ownOf(program.version) } };
    await expect(installProgram(altered, program)).rejects.toThrow(
      `has been changed at /usr/local/lib/claude-fleet/${program.version}/${OWN_NODE_FILE}; run \`pulumi up\``,
    );
  });

  it("reports what prevents the Node from being written", async () => {
    await mkdir(join(ownOf(program.version), "x"), { recursive: true });
    await expect(installProgram(byOwn, program)).rejects.toThrow(
      /^\/usr\/local\/lib\/claude-fleet\/1\.0\.0-abc\/claude-fleet-node cannot be written: .*repair that, then run/,
    );
  });
});

describe("a host that", () => {
  it("gets its own Node uses it from the next program version on", async () => {
    await installProgram(byOwn, program);
    expect(await installProgram(byHost, program)).toBe(false);
    await installProgram(byHost, NEXT);
    expect(await readdir(at(NEXT.version, ""))).not.toContain(OWN_NODE_FILE);
    expect(await agentOf(NEXT.version)).toContain(`exec '${process.execPath}'`);
    expect(await installedProgram(byHost)).toEqual(NEXT);
  });

  it("loses its Node gets the program's own", async () => {
    await installProgram(byHost, program);
    expect(await installedProgram(byOwn)).toBeNull();
    expect(await installProgram(byOwn, program)).toBe(true);
    expect(await installedProgram(byOwn)).toEqual(program);
  });

  it("has both uses its own Node once the program's Node was altered", async () => {
    await installProgram(byOwn, program);
    await writeFile(ownOf(program.version), "another executable");
    await installProgram(byHost, program);
    expect(await readdir(at(program.version, ""))).not.toContain(OWN_NODE_FILE);
    expect(await installedProgram(byHost)).toEqual(program);
  });
});

describe("on a workstation without Node", () => {
  let vault: FakeVault;
  beforeEach(async () => {
    vault = await new FakeVault().start();
  });
  afterEach(() => vault.close());

  it("apply, hourly repair and observation agree, and the removal of the fleet leaves nothing", async () => {
    const plan = fakePlan(vault, ["alice"]);
    const { session } = fakeSession(vault);
    expect((await apply(byOwn, plan, session)).problems).toEqual([]);
    expect(await observeWorkstation(byOwn, plan)).toMatchObject({ program, node: "own" });
    expect(await observeWorkstation(byHost, plan)).toMatchObject({ program, node: "host" });
    expect(await repairHost(byOwn)).toEqual({ repaired: [], problems: [] });
    const { ino } = await stat(ownOf(program.version));
    await chmod(ownOf(program.version), 0o700);
    expect(await repairHost(byOwn)).toMatchObject({
      repaired: expect.arrayContaining([`the program ${program.version}`]),
      problems: [],
    });
    expect(await stat(ownOf(program.version))).toMatchObject({ ino, mode: 0o100755 });
    expect((await removeFleet(byOwn, plan, session)).problems).toEqual([]);
    expect(await readdir(join(host.root, "usr/local/lib"))).toEqual([]);
  });
});

describe("the running Node", () => {
  const own = `/usr/local/lib/claude-fleet/1/${OWN_NODE_FILE}`;
  const sha256 = OWN_NODE.builds["linux-x64"].sha256;
  it.each<[string, string, string, object]>([
    ["/usr/bin/node", "linux", "x64", { kind: "host", path: "/usr/bin/node", ownSha256: sha256 }],
    [own, "linux", "x64", { kind: "own", path: "/proc/self/exe", ownSha256: sha256 }],
    [`${own} (deleted)`, "linux", "x64", { kind: "own", path: "/proc/self/exe" }],
    ["/opt/node (deleted)", "linux", "riscv64", { kind: "host", ownSha256: undefined }],
  ])("%s on %s and %s", (executable, platform, architecture, found) => {
    expect(runningNode(executable, platform, architecture)).toMatchObject(found);
  });
});
