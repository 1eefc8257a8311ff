/** Watches the workstation's files while a test runs, and finds tokens in wrong places. */
import { once } from "node:events";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { start } from "../../../lib/process.ts";

/** A file that held a token: its path, and its mode in octal. */
export interface Finding {
  readonly path: string;
  readonly mode: string;
  readonly owner: number;
}

/**
 * Runs as root on the workstation until its standard input ends. It reads every changed file below these folders again and
 * again. It finds tokens by their common prefix, because the tokens of a refresh are not known before.
 */
const PROGRAM = `
const fs = require("node:fs"), path = require("node:path");
const began = Date.now() - 1000, found = new Map(), seen = new Map();
const token = /sk-ant-o[ar]t01-[A-Za-z0-9_-]{16}|\\b(?:hv)?[sb]\\.[A-Za-z0-9]{24}|canary[0-9a-f]{32}/;
function look(folder) {
  let entries = [];
  try { entries = fs.readdirSync(folder, { withFileTypes: true }); } catch { return; }
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) { look(file); continue; }
    if (!entry.isFile()) continue;
    try {
      const stat = fs.statSync(file), mark = stat.ino + ":" + stat.mtimeMs + ":" + stat.size + ":" + stat.mode;
      if (stat.mtimeMs < began || stat.size > 8e6 || seen.get(file) === mark) continue;
      const text = fs.readFileSync(file, "latin1");
      seen.set(file, mark);
      if (token.test(text)) found.set(file + mark, { path: file, mode: (stat.mode & 0o7777).toString(8), owner: stat.uid });
    } catch { /* It was gone before it could be read. */ }
  }
}
let over = false;
process.stdin.on("end", () => (over = true)).resume();
process.stdout.write("ready\\n");
(function pass() {
  for (const folder of ["/home", "/tmp", "/run", "/var/tmp", "/var/lib", "/var/log", "/var/crash", "/root"])
    look(folder);
  if (over) return void process.stdout.write(JSON.stringify([...found.values()]) + "\\n");
  setTimeout(pass, 5);
})();
`;

/** Starts watching. @returns a function that ends it and returns the files that held a token */
export async function watchFiles(environment: DevEnvironment): Promise<() => Promise<readonly Finding[]>> {
  const [ssh, ...args] = environment.workstationSsh;
  const quoted = PROGRAM.replaceAll("'", `'\\''`);
  const child = start(ssh, [...args, `/usr/local/bin/node -e '${quoted}'`], {
    env: process.env,
    stderr: "inherit",
  });
  await Promise.race([
    once(child.stdout, "data"),
    child.then(({ exitCode }) => {
      throw new Error(`The sampler of files ended with ${exitCode}.`);
    }),
  ]);
  return async () => {
    child.stdin.end();
    const { stdout } = await child;
    return JSON.parse(stdout.slice("ready\n".length)) as Finding[];
  };
}
