/** Reads the host program that lies beside the other bundles. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { hostProgram } from "../lib/program-digest.ts";
import type { HostProgram } from "./session.ts";

/** The version of the package. The bundler replaces this name. */
declare const __CLAUDE_FLEET_VERSION__: string;

/**
 * Returns the host program of this build, with its digest.
 * @param folder holds the bundles; default: the folder of the bundle that asks
 */
export async function readHostProgram(
  folder = fileURLToPath(new URL(".", import.meta.url)),
): Promise<HostProgram> {
  const source = await readFile(path.join(folder, "claude-fleet-host.cjs"));
  return { ...hostProgram(__CLAUDE_FLEET_VERSION__, source), source };
}
