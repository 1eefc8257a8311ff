/** Resolves paths and reads mounts as a running container sees them, through /proc/PID. */
import { lstat, readlink } from "node:fs/promises";
import { posix } from "node:path";
import { ExpectedError } from "../../lib/expected-error.ts";
import { unescapeMountPath } from "../mountinfo.ts";

/** The kernel's own limit; see path_resolution(7). */
const MAX_LINKS = 40;

/**
 * Returns `path` with every symbolic link resolved as the container sees it. The kernel would resolve an absolute link
 * behind /proc/PID/root in the host's own file system.
 * @param root `/proc/PID/root`
 * @throws {ExpectedError} for a loop of links; the system's error when a part is missing
 */
export async function resolveInside(root: string, path: string): Promise<string> {
  let resolved = "/";
  let rest = path.split("/").filter((part) => part !== "");
  for (let links = 0; rest.length > 0;) {
    const [part = "", ...after] = rest;
    const next = posix.join(resolved, part);
    if ((await lstat(`${root}${next}`)).isSymbolicLink()) {
      if (++links > MAX_LINKS) throw new ExpectedError(`${path} has too many links inside the container.`);
      const link = await readlink(`${root}${next}`);
      if (link.startsWith("/")) resolved = "/";
      rest = [...link.split("/").filter((word) => word !== ""), ...after];
    } else {
      resolved = next;
      rest = after;
    }
  }
  return resolved;
}

/**
 * Returns the options of the topmost mount at exactly `target`; undefined when nothing is mounted there.
 * @param mountinfo in the format of proc_pid_mountinfo(5)
 */
export function mountOptions(mountinfo: string, target: string): readonly string[] | undefined {
  const mounts = mountinfo.split("\n").map((line) => line.split(" "));
  const found = mounts.filter(([, , , , point = ""]) => unescapeMountPath(point) === target).at(-1);
  return found?.[5]?.split(",");
}
