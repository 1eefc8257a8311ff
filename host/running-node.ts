/** Says which Node runs this program: the host's own, or the one that came with the program. */
import { basename } from "node:path";
import { OWN_NODE_FILE, ownNodeBuild } from "../lib/own-node.ts";

/** This process's own executable. It can be read even when its file was replaced, or removed after a preview. */
export const EXECUTABLE = "/proc/self/exe";

/** Describes the running Node. */
export interface HostNode {
  /** `own`: it came with the program. */
  readonly kind: "host" | "own";
  /** Absolute path of the executable. The file of an own Node may be gone: then only this process can read it. */
  readonly path: string;
  /** SHA-256 of the Node that comes with the program on this platform; undefined where none does. */
  readonly ownSha256: string | undefined;
}

/** Returns the running Node. The kernel adds " (deleted)" to the path of an executable whose file is gone. */
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
