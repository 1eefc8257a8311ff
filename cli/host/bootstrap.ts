/** The static shell text that starts the host program: finds Node, then a loader that takes the program from disk or stdin. */
import { shellWord } from "../../plan/shell.ts";
import type { ProgramDigest } from "../../build/program-digest.ts";

/**
 * The loader, run by `node -e`. It uses the installed program when its digest is the wanted one; otherwise it
 * says `need`, reads exactly `size` bytes from standard input, checks their digest and runs them from memory,
 * so that reading a host never writes to it. Whatever follows on standard input is the program's.
 */
const loader = `
const [marker, version, sha256, size] = process.argv.slice(1);
const fs = require("fs"), crypto = require("crypto"), Module = require("module");
const digest = (bytes) => crypto.createHash("sha256").update(bytes).digest("hex");
const file = "/usr/local/lib/claude-fleet/" + version + "/program.cjs";
let source;
try { source = fs.readFileSync(file); } catch (error) { if (error.code !== "ENOENT" && error.code !== "EACCES" && error.code !== "ENOTDIR") throw error; }
if (source !== undefined && digest(source) !== sha256) source = undefined;
fs.writeSync(1, marker + " " + (source === undefined ? "need" : "have") + String.fromCharCode(10));
if (source === undefined) {
  source = Buffer.alloc(Number(size));
  for (let at = 0; at < source.length; ) {
    let read;
    try { read = fs.readSync(0, source, at, source.length - at, null); } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      continue;
    }
    if (read === 0) throw new Error("the program did not arrive whole");
    at += read;
  }
  if (digest(source) !== sha256) throw new Error("the program that arrived is not the one that was sent");
}
globalThis.__claudeFleetSource = source;
process.argv = [process.argv[0], file, ...process.argv.slice(5)];
const program = new Module(file);
program.filename = file;
program.paths = [];
program._compile(source.toString("utf8"), file);
`.trim();

/**
 * The shell text for one run of the host program with `argv`. `marker`, drawn anew for each run, separates the
 * program's lines from what a login shell may print before it.
 */
export function bootstrapScript(
  program: ProgramDigest & { readonly size: number },
  marker: string,
  argv: readonly string[],
): string {
  const run = ["-e", loader, "--", marker, program.version, program.sha256, String(program.size), ...argv];
  return [
    "umask 077",
    'PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; export PATH',
    "unset NODE_OPTIONS",
    `for n in node nodejs; do if command -v "$n" >/dev/null 2>&1 && "$n" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' </dev/null; then exec "$n" ${run.map(shellWord).join(" ")}; fi; done`,
    `echo ${shellWord(`${marker} no-node`)}`,
  ].join("; ");
}
