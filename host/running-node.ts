/** The Node that runs this program: the host's own, or the one that came with it. */
import { basename } from "node:path";
import { OWN_NODE_FILE, ownNodeBuild } from "../lib/own-node.ts";

/** This process's own executable, also where its file has been removed, as after a preview's delivery, or replaced. */
export const EXECUTABLE = "/proc/self/exe";

/** The running Node, as far as the installed program depends on it. */
export interface HostNode {
  /** `own`: came with the program. */
  readonly kind: "host" | "own";
  /** Absolute path of the executable; of an own one its file may be gone, so that only this process can read it. */
  readonly path: string;
  /** Digest of the Node that comes with the program on this platform, in hex; undefined where none does. */
  readonly ownSha256: string | undefined;
}

/** Which it is. The kernel adds to the path of an executable that its file is gone. */
export function runningNode(
  executable: string = process.execPath,
  platform: string = process.platform,
  architecture: string = process.arch,
): HostNode {
  const own = basename(executable.replace(/ \(deleted\)$/, "")) === OWN_NODE_FILE;
  return {
    kind: own ? "own" : "host",
    path: own ? EXECUTABLE : executable,
    ownSha256: ownNodeBuild(platform, architecture)?.sha256,
  };
}
