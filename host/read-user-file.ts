/** Reads, as root, a file that a user writes. Follows no link and waits for nothing. */
import { constants } from "node:fs";
import { lstat, open, readFile, realpath, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../lib/expected-error.ts";
import { unescapeMountPath } from "./mountinfo.ts";
import type { Account } from "./system.ts";
import type { Unreadable } from "../contract/agent-status.ts";

/** The content, or why the file was not read. */
export type UserFile = { readonly content: Buffer } | { readonly refused: Unreadable };

/** The mount points of users' own file systems; read once for many users. */
export type UserMounts = ReadonlySet<string>;

/** Ends a walk at the place where it is refused. Never leaves this module. */
class Refused extends Error {
  constructor(readonly reason: Unreadable) {
    super(reason);
  }
}

const FOLDER = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY;
/** Waits neither for a pipe nor for a file with a lease. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Reads the file `parts` below the home of `account`. Opens each folder through the descriptor of its parent, so that a
 * rename meanwhile changes nothing. From the home on, each folder must belong to the user or to root. The file must be a
 * regular file of the user with one link, and at most `maxBytes` large.
 * @param options.root uid that may own the folders above homes
 */
export async function readUserFile(
  account: Account,
  parts: readonly string[],
  options: { readonly maxBytes: number; readonly root: number; readonly mounts: UserMounts },
): Promise<UserFile> {
  const { maxBytes, root, mounts } = options;
  let folder: FileHandle | undefined;
  try {
    refuseMounts(account.home, parts, mounts);
    const home = await trueHome(account.home, root);
    refuseMounts(home, parts, mounts);
    const above = dirname(home)
      .split("/")
      .filter((part) => part !== "");
    folder = await open("/", FOLDER);
    for (const part of above) folder = await step(folder, part, isRoots(root));
    for (const part of [basename(home), ...parts.slice(0, -1)]) {
      folder = await step(folder, part, ({ uid }) => uid === account.uid || uid === root);
    }
    return { content: await readBelow(folder, parts.at(-1) ?? "", account.uid, maxBytes) };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.reason };
    return { refused: reasonOf(error) };
  } finally {
    await folder?.close();
  }
}

/** Returns the mount points of FUSE file systems that users have mounted. Source: https://www.kernel.org/doc/html/v6.1/filesystems/fuse.html */
export async function readUserMounts(): Promise<UserMounts> {
  return parseUserMounts(await readFile("/proc/self/mountinfo", "utf8"));
}

/** Parses {@link readUserMounts} from the text of proc_pid_mountinfo(5). */
export function parseUserMounts(mountinfo: string): UserMounts {
  return new Set(
    mountinfo.split("\n").flatMap((line) => {
      const fields = line.split(" ");
      const users = /(?:^|,)user_id=[1-9]/.test(fields.at(-1) ?? "");
      return users ? [unescapeMountPath(fields[4] ?? "")] : [];
    }),
  );
}

/** Refuses a user's own file system, which may answer late or never. */
function refuseMounts(home: string, parts: readonly string[], mounts: UserMounts): void {
  if (mounts.size === 0) return;
  for (let depth = 0; depth <= parts.length; depth++) {
    if (mounts.has(join(home, ...parts.slice(0, depth)))) throw new Refused("mount");
  }
}

/** Returns the home without links that root has set, such as /home -> /srv/home. Each part is checked later. */
async function trueHome(home: string, root: number): Promise<string> {
  const stat = await lstat(home);
  if (stat.isSymbolicLink() && stat.uid === root) return realpath(home);
  return join(await realpath(dirname(home)), basename(home));
}

/** Accepts a folder in which only root can replace what root has put there. */
function isRoots(root: number): Check {
  return ({ uid, mode }) => uid === root && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0);
}

type Check = (stat: { readonly uid: number; readonly mode: number }) => boolean;

/** Opens the folder `name` in `parent`, and closes `parent`. */
async function step(parent: FileHandle, name: string, check: Check): Promise<FileHandle> {
  let folder: FileHandle;
  try {
    folder = await open(within(parent, name), FOLDER);
  } catch (error) {
    if (errorCode(error) !== "ENOTDIR" && errorCode(error) !== "ELOOP") throw error;
    const link = (await lstat(within(parent, name))).isSymbolicLink();
    throw new Refused(link ? "symlink" : "not-a-folder");
  } finally {
    await parent.close();
  }
  if (check(await folder.stat())) return folder;
  await folder.close();
  throw new Refused("owner");
}

async function readBelow(folder: FileHandle, name: string, uid: number, maxBytes: number): Promise<Buffer> {
  const file = await open(within(folder, name), FILE);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Refused("not-a-file");
    if (stat.uid !== uid) throw new Refused("owner");
    if (stat.nlink !== 1) throw new Refused("hard-link");
    if (stat.size > maxBytes) throw new Refused("too-large");
    // One byte more, because the file may grow while it is read.
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    if (bytesRead > maxBytes) throw new Refused("too-large");
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Returns the path of an entry of an open folder. Node has no openat(2); the kernel follows this link to the open folder. */
function within(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

function reasonOf(error: unknown): Unreadable {
  const code = errorCode(error);
  if (code === "ENOENT") return "missing";
  if (code === "ELOOP") return "symlink";
  if (code === "ENOTDIR") return "not-a-folder";
  if (code === "ENXIO") return "not-a-file";
  if (code === "") throw error;
  return "denied";
}
