/** How root reads a file that a user writes: no link is followed, and nothing is waited for. */
import { constants } from "node:fs";
import { lstat, open, readFile, realpath, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../lib/expected-error.ts";
import type { Account } from "./system.ts";
import type { Unreadable } from "../contract/agent-status.ts";

/** What lies there, or why it was not read. */
export type UserFile = { readonly content: Buffer } | { readonly refused: Unreadable };

/** Where users have mounted something; read once for many of them. */
export type UserMounts = ReadonlySet<string>;

/** Thrown inside this module alone, so that a walk ends wherever it is refused. */
class Refused extends Error {
  constructor(readonly reason: Unreadable) {
    super(reason);
  }
}

const FOLDER = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY;
/** Neither a pipe nor a file with a lease on it is waited for. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Reads `parts` below the home of `account`, folder by folder, each opened through the descriptor of the one before:
 * what is renamed meanwhile changes nothing. From the home on, each folder must be the user's own or root's, and the
 * file the user's own, regular, under one name, and of at most `maxBytes`.
 * @param root the account that may own the folders above homes
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

/** Mount points of FUSE file systems that users have made. Source: https://www.kernel.org/doc/html/v6.1/filesystems/fuse.html */
export async function readUserMounts(): Promise<UserMounts> {
  return parseUserMounts(await readFile("/proc/self/mountinfo", "utf8"));
}

/** See {@link readUserMounts}. Source: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
export function parseUserMounts(mountinfo: string): UserMounts {
  const unescaped = (text: string) =>
    text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return new Set(
    mountinfo.split("\n").flatMap((line) => {
      const fields = line.split(" ");
      const users = /(?:^|,)user_id=[1-9]/.test(fields.at(-1) ?? "");
      return users ? [unescaped(fields[4] ?? "")] : [];
    }),
  );
}

/** A file system that a user brings along may answer late, or never. */
function refuseMounts(home: string, parts: readonly string[], mounts: UserMounts): void {
  if (mounts.size === 0) return;
  for (let depth = 0; depth <= parts.length; depth++) {
    if (mounts.has(join(home, ...parts.slice(0, depth)))) throw new Refused("mount");
  }
}

/** The home without the links that root has set, such as /home -> /srv/home; each part of it is checked later. */
async function trueHome(home: string, root: number): Promise<string> {
  const stat = await lstat(home);
  if (stat.isSymbolicLink() && stat.uid === root) return realpath(home);
  return join(await realpath(dirname(home)), basename(home));
}

/** A folder in which nobody but root can exchange what root has put there. */
function isRoots(root: number): Check {
  return ({ uid, mode }) => uid === root && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0);
}

type Check = (stat: { readonly uid: number; readonly mode: number }) => boolean;

/** Opens a folder in `parent`, which is closed. */
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
    // One byte more: it may grow while it is read.
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    if (bytesRead > maxBytes) throw new Refused("too-large");
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The entry of an open folder: Node has no openat(2), and the kernel follows this link to the folder itself. */
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
