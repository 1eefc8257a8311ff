/** The host's lock, and the lock of former versions in a folder where every user may create files. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, link, lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { takeHostLock, type LockPlaces } from "../../../host/host-lock.ts";
import { takeLock } from "../../../lib/file-lock.ts";
import { run } from "../../support/environment/run.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

const asRoot = process.getuid?.() === 0;
/** A user id without an account. */
const USER = 61_234;
let places: LockPlaces;
let holders: ChildProcess[];

beforeEach(async () => {
  const root = await temporaryFolder();
  await chmod(root, 0o755);
  holders = [];
  await mkdir(join(root, "lock"));
  await chmod(join(root, "lock"), 0o1777);
  places = {
    folder: join(root, "claude-fleet"),
    former: join(root, "lock/claude-fleet.lock"),
    owner: process.getuid?.() ?? 0,
  };
});

afterEach(() => {
  for (const { pid } of holders) if (pid !== undefined) process.kill(-pid, "SIGKILL");
});

/** Lets a process hold the lock on the file of former versions, as another account where this test is root. */
async function hold(prepare: string): Promise<void> {
  const script = `${prepare} flock -x ${places.former} sh -c 'echo held; sleep 60'`;
  const holder = spawn("sh", ["-c", script], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
    ...(asRoot ? { uid: USER, gid: USER } : {}),
  });
  holders.push(holder);
  await new Promise((resolve) => holder.stdout.once("data", resolve));
}

describe("the host's lock", () => {
  test("is held by one change at a time, in a folder that no other account can enter", async () => {
    const lock = await takeHostLock(places, 0);
    expect((await lstat(places.folder)).mode & 0o777).toBe(0o700);
    expect(await takeHostLock(places, 0)).toBeUndefined();
    await lock?.release();
    const next = await takeHostLock(places, 0);
    expect(next).toBeDefined();
    await next?.release();
  });

  test("is refused in a folder that others can write", async () => {
    await mkdir(places.folder);
    await chmod(places.folder, 0o777);
    await expect(takeHostLock(places, 0)).rejects.toThrow("is not a folder that only root can write");
  });
});

describe("a former version", () => {
  const takeAsFormer = () => takeLock(places.former, 0);

  test("is waited for while it holds its lock", async () => {
    const former = await takeAsFormer();
    expect(await takeHostLock(places, 0)).toBeUndefined();
    const waiting = takeHostLock(places, 20);
    await former?.release();
    const lock = await waiting;
    expect(lock).toBeDefined();
    await lock?.release();
  });

  test.each<[string, () => Promise<void>]>([
    ["where nothing lay in its lock's place", () => Promise.resolve()],
    [
      "where a file of others lay there",
      () => writeFile(places.former, "").then(() => chmod(places.former, 0o666)),
    ],
  ])("does not run beside this one, %s", async (_, arrange) => {
    await arrange();
    const lock = await takeHostLock(places, 0);
    expect(await takeAsFormer()).toBeUndefined();
    await lock?.release();
    const former = await takeAsFormer();
    expect(former).toBeDefined();
    await former?.release();
  });
});

describe("a hostile user", () => {
  const taken = async () => {
    const begun = performance.now();
    const lock = await takeHostLock(places, 30);
    expect(lock).toBeDefined();
    expect(performance.now() - begun).toBeLessThan(10_000);
    const lying = await lstat(places.former);
    expect([lying.isFile(), lying.mode & 0o777, lying.uid]).toEqual([true, 0o600, places.owner]);
    await lock?.release();
  };

  test("who holds a file of their own does not delay an apply", async () => {
    await hold(asRoot ? "" : `: > ${places.former}; chmod 666 ${places.former};`);
    await taken();
  });

  test("who holds a file that everybody may open does not delay an apply", async () => {
    await writeFile(places.former, "");
    await chmod(places.former, 0o644);
    await hold("");
    await taken();
  });

  const things: readonly [string, () => Promise<unknown>][] = [
    ["a link", () => symlink("/etc/passwd", places.former)],
    ["a link to nothing", () => symlink(join(places.folder, "lock"), places.former)],
    ["a named pipe", () => run("mkfifo", [places.former])],
    ["a folder with a file", () => mkdir(places.former).then(() => writeFile(join(places.former, "x"), ""))],
    [
      "a second name of a file that another program locks",
      async () => {
        const other = join(places.former, "../other");
        await writeFile(other, "", { mode: 0o600 });
        await link(other, places.former);
        await takeLock(other, 0);
      },
    ],
  ];

  test.each(things)(
    "who puts %s there does not delay an apply, and nothing is followed",
    async (_, arrange) => {
      await arrange();
      await taken();
      expect(existsSync("/etc/passwd")).toBe(true);
    },
  );

  test.runIf(asRoot)("who creates a folder again and again does not delay an apply", async () => {
    const racing = spawn("sh", ["-c", `while :; do mkdir -p ${places.former}; done`], {
      detached: true,
      uid: USER,
      gid: USER,
    });
    holders.push(racing);
    for (let time = 0; time < 5; time++) {
      const lock = await takeHostLock(places, 30);
      expect(lock).toBeDefined();
      await lock?.release();
      await rm(places.former, { recursive: true, force: true });
    }
  });
});
