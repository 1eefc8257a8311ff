/** Where this program's own bytes come from, and how it starts itself again as another user. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ExpectedError } from "../lib/expected-error.ts";
import type { ProgramSource } from "./system.ts";

declare global {
  /** The program's bytes, when a loader runs it from memory. */
  var __claudeFleetSource: Buffer | undefined;
}

/** The bytes of the running program: those that the loader left, else the file that was started. */
export async function programSource(): Promise<ProgramSource> {
  const file = process.argv[1];
  if (globalThis.__claudeFleetSource === undefined && file === undefined) {
    throw new ExpectedError("The host program does not know its own file; run it through its loader.");
  }
  const bytes = globalThis.__claudeFleetSource ?? (await readFile(file ?? ""));
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/**
 * Runs the program from descriptor 3, so that a user's process starts from root's bytes and not from a file which
 * somebody could exchange, and reading a host never writes to it.
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

/** Arguments of Node which start the program from descriptor 3; the program's own arguments follow them. */
export const loaderArguments: readonly string[] = ["-e", LOADER, "--"];
