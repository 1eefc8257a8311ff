/** Reads the host program that lies beside this command's bundle. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { hostProgram } from "../lib/program-digest.ts";
import type { HostProgram } from "./session.ts";

/** The version of the package. The bundler replaces this name. */
declare const __CLAUDE_FLEET_VERSION__: string;

/** Returns the host program of this build, with its digest. */
export async function readHostProgram(): Promise<HostProgram> {
  const source = await readFile(fileURLToPath(new URL("./claude-fleet-host.cjs", import.meta.url)));
  return { ...hostProgram(__CLAUDE_FLEET_VERSION__, source), source };
}
