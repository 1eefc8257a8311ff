/** Finds this program's own bytes, and starts it again from them as another user. */
import { readFile } from "node:fs/promises";
import { ExpectedError } from "../lib/expected-error.ts";
import { sha256Of } from "../lib/sha256.ts";

declare global {
  /** The program's bytes, when a loader runs it from memory. */
  var __claudeFleetSource: Buffer | undefined;
}

/** Returns the bytes of the running program: from the loader, or from the file that was started. */
export async function programSource() {
  const file = process.argv[1];
  if (globalThis.__claudeFleetSource === undefined && file === undefined) {
    throw new ExpectedError("The host program does not know its own file; run it through its loader.");
  }
  const bytes = globalThis.__claudeFleetSource ?? (await readFile(file ?? ""));
  return { bytes, sha256: sha256Of(bytes) };
}

/**
 * Runs the program from descriptor 3. A user's process thus starts from root's bytes and not from a file that somebody
 * could replace, and an observation writes nothing to the host.
 */
const LOADER = `
const source = require("fs").readFileSync(3);
globalThis.__claudeFleetSource = source;
process.argv.splice(1, 0, "/claude-fleet-host.cjs");
const Module = require("module");
const program = new Module(process.argv[1]);
program.filename = process.argv[1];
program.paths = [];
program._compile(source.toString("utf8"), process.argv[1]);
`;

/** Arguments of Node that start the program from descriptor 3. The program's own arguments follow them. */
export const loaderArguments: readonly string[] = ["-e", LOADER, "--"];
