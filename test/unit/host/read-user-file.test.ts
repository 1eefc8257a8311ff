/** Root reads a user's own file or nothing; with real files, owners, links and pipes. */
import { execFileSync } from "node:child_process";
import { link, mkdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { chownSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parseUserMounts, readUserFile } from "../../../host/read-user-file.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

const [ALICE, BOB, ROOT] = [61_001, 61_002, 0];
const PARTS = [".local", "state", "agent", "status.json"];

let base: string;
let home: string;
let file: string;

beforeEach(async () => {
  base = await temporaryFolder();
  home = join(base, "home/alice");
  file = join(home, ...PARTS);
  await mkdir(join(file, ".."), { recursive: true, mode: 0o755 });
  await writeFile(file, "good", { mode: 0o600 });
  execFileSync("chown", ["-R", `${ALICE}:${ALICE}`, home]);
});

const account = () => ({ name: "alice", uid: ALICE, gid: ALICE, home });
const read = async (mounts: readonly string[] = []) => {
  const found = await readUserFile(account(), PARTS, { maxBytes: 100, root: ROOT, mounts: new Set(mounts) });
  return "content" in found ? found.content.toString("utf8") : found.refused;
};
const asUser = (uid: number, ...paths: readonly string[]) => {
  for (const path of paths) execFileSync("chown", ["-h", `${uid}:${uid}`, path]);
};

test("a regular file of the user's own is read", async () => {
  expect(await read()).toBe("good");
});

test("a home behind a link of root's own is read", async () => {
  await symlink(join(base, "home"), join(base, "linked"));
  home = join(base, "linked/alice");
  expect(await read()).toBe("good");
  await symlink(join(base, "home/alice"), join(base, "direct"));
  home = join(base, "direct");
  expect(await read()).toBe("good");
});

describe("instead of the file", () => {
  test.each<[string, string, (secret: string) => Promise<void> | void]>([
    ["nothing", "missing", () => rm(file)],
    [
      "a link to a file of root's",
      "symlink",
      async (secret) => {
        await rm(file);
        await symlink(secret, file);
        asUser(ALICE, file);
      },
    ],
    [
      "a link to the user's own file",
      "symlink",
      async () => {
        await rename(file, `${file}.real`);
        await symlink(`${file}.real`, file);
        asUser(ALICE, file);
      },
    ],
    [
      "another name of a file of root's",
      "owner",
      async (secret) => {
        await rm(file);
        await link(secret, file);
      },
    ],
    ["a file with a second name", "hard-link", () => link(file, join(home, "second"))],
    ["another user's file", "owner", () => chownSync(file, BOB, BOB)],
    [
      "a pipe without a writer",
      "not-a-file",
      async () => {
        await rm(file);
        execFileSync("mkfifo", [file]);
        asUser(ALICE, file);
      },
    ],
    [
      "a folder",
      "not-a-file",
      async () => {
        await rm(file);
        await mkdir(file);
        asUser(ALICE, file);
      },
    ],
    [
      "a socket",
      "not-a-file",
      async () => {
        await rm(file);
        const script = "require('net').createServer().listen(process.argv[1],()=>process.exit())";
        execFileSync(
          process.execPath,
          ["-e", `process.on('exit',()=>process.kill(process.pid,9));${script}`, file],
          {
            stdio: "ignore",
          },
        );
      },
    ],
    ["a huge sparse file", "too-large", () => truncate(file, 2 ** 40)],
    ["a file that is one byte too long", "too-large", () => truncate(file, 101)],
  ])("there is %s: %s", async (_, reason, change) => {
    const secret = join(base, "secret");
    await writeFile(secret, "root's own", { mode: 0o600 });
    try {
      await change(secret);
    } catch (error) {
      // The process that leaves a socket behind must end without removing it.
      if (!(error instanceof Error && "signal" in error && error.signal === "SIGKILL")) throw error;
    }
    expect(await read()).toBe(reason);
  });
});

describe("a folder on the way", () => {
  const folder = () => join(home, ".local/state");

  test("that is a link is not followed", async () => {
    await rename(folder(), join(home, "elsewhere"));
    await symlink(join(home, "elsewhere"), folder());
    asUser(ALICE, folder());
    expect(await read()).toBe("symlink");
  });

  test("that leads through another user's folder is refused", async () => {
    chownSync(folder(), BOB, BOB);
    expect(await read()).toBe("owner");
  });

  test("that is a file is refused", async () => {
    await rm(folder(), { recursive: true });
    await writeFile(folder(), "");
    asUser(ALICE, folder());
    expect(await read()).toBe("not-a-folder");
  });

  test("above the home must belong to root", async () => {
    chownSync(join(base, "home"), BOB, BOB);
    expect(await read()).toBe("owner");
  });

  test("that is replaced again and again never lets root read a file of another user", async () => {
    const outside = join(base, "outside");
    await mkdir(join(outside, "agent"), { recursive: true });
    await writeFile(join(outside, "agent/status.json"), "root's own");
    await rename(folder(), join(home, "real"));
    let swapping = true;
    const swap = (async () => {
      while (swapping) {
        await symlink(outside, folder()).catch(() => undefined);
        await rm(folder(), { force: true });
        await rename(join(home, "real"), folder());
        await rename(folder(), join(home, "real"));
      }
    })();
    const seen = new Set<string>();
    try {
      for (let turn = 0; turn < 400; turn++) seen.add(await read());
    } finally {
      swapping = false;
      await swap;
    }
    expect([...seen].filter((one) => !["good", "missing", "symlink", "not-a-folder"].includes(one))).toEqual(
      [],
    );
  });
});

describe("a file system that a user has mounted", () => {
  test("is recognised in the kernel's mountinfo", () => {
    const fuse = (place: string, type: string, uid: number) =>
      `40 22 0:40 / ${place} rw shared:9 - ${type} x rw,user_id=${uid},group_id=${uid},allow_other`;
    const disk = "22 1 0:21 / /home rw shared:1 - ext4 /dev/sda1 rw";
    const mounted = fuse("/home/alice/my\\040files", "fuse.sshfs", 1001);
    const lines = [disk, mounted, fuse("/srv", "fuse.glusterfs", 0), ""];
    expect([...parseUserMounts(lines.join("\n"))]).toEqual(["/home/alice/my files"]);
  });

  test.each([[[]], [[".local"]], [[".local", "state"]], [PARTS]])("is not entered at %j", async (parts) => {
    expect(await read([join(home, ...parts)])).toBe("mount");
  });

  test("elsewhere in the home is ignored", async () => {
    expect(await read([join(home, "photos")])).toBe("good");
  });
});
