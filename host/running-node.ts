/** Says which Node runs this program: the host's own, or the Node that came with the program. */
import { basename } from "node:path";
import { OWN_NODE_FILE, ownNodeBuild } from "../lib/own-node.ts";

/** This process's own executable. It can be read even when its file was replaced, or removed after a preview. */
export const EXECUTABLE = "/proc/self/exe";

/** Returns the running Node. The kernel adds " (deleted)" to the path of an executable whose file is gone. */
export function runningNode(
  executable: string = process.execPath,
  platform: string = process.platform,
  architecture: string = process.arch,
) {
  const own = basename(executable.replace(/ \(deleted\)$/, "")) === OWN_NODE_FILE;
  return {
    /** `own`: it came with the program. */
    kind: own ? ("own" as const) : ("host" as const),
    /** Absolute path of the executable. The file of an own Node may be gone: then only this process can read it. */
    path: own ? EXECUTABLE : executable,
    /** SHA-256 of the Node that comes with the program on this platform; undefined where none does. */
    ownSha256: ownNodeBuild(platform, architecture)?.sha256,
  };
}

/** Describes the running Node. */
export type HostNode = Readonly<ReturnType<typeof runningNode>>;
