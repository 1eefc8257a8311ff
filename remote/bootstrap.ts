/** Builds the shell text that starts the host program: it finds or receives Node, then a loader receives the program. */
import { OWN_NODE, OWN_NODE_FILE, type NodeBuild } from "../lib/own-node.ts";
import { PROGRAMS } from "../plan/units/names.ts";
import { shellWord } from "../lib/shell-words.ts";
import { FAULT_FUNCTION } from "../plan/units/trust-check.ts";
import type { ProgramDigest } from "../lib/program-digest.ts";

/** Where a host's shell looks for Node and for the program. */
export interface BootstrapPlaces {
  /** Names of the host's own Node on its PATH. */
  readonly nodes: readonly string[];
  /** The folder of installed programs. */
  readonly programs: string;
  /** Folders in which a Node that is sent may lie until it was started, in this order. */
  readonly temporary: readonly string[];
  /** Builds of Node that may be sent, by platform. */
  readonly builds: Readonly<Record<string, NodeBuild>>;
}

/** Memory comes first. The last folder is the one that an apply installs to, where programs may run for certain. */
const PLACES: BootstrapPlaces = {
  nodes: ["node", "nodejs"],
  programs: PROGRAMS,
  temporary: ["/dev/shm", "/tmp", "/var/tmp", "/usr/local/lib"],
  builds: OWN_NODE.builds,
};

/**
 * Returns the loader, which `node -e` runs. It uses the installed program when that has the wanted digest. Otherwise it
 * prints `need`, reads exactly `size` bytes from standard input, checks their digest and runs them from memory. So an
 * observation never writes to the host. The rest of standard input is the program's.
 *
 * `folder` holds Node when it was sent. The loader removes that folder first; the process keeps the open file.
 */
const loader = (programs: string) =>
  `
const [marker, version, sha256, size, folder] = process.argv.slice(1);
const fs = require("fs"), crypto = require("crypto"), Module = require("module");
if (folder !== "") fs.rmSync(folder, { recursive: true, force: true });
const digest = (bytes) => crypto.createHash("sha256").update(bytes).digest("hex");
const file = ${JSON.stringify(programs)} + "/" + version + "/program.cjs";
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
  if (digest(source) !== sha256) throw new Error("the program that arrived is not the Node that was sent");
}
globalThis.__claudeFleetSource = source;
process.argv = [process.argv[0], file, ...process.argv.slice(6)];
const program = new Module(file);
program.filename = file;
program.paths = [];
program._compile(source.toString("utf8"), file);
`.trim();

/**
 * Returns the shell text for one run of the host program with `argv`. `marker` is random for each run. It separates the
 * program's lines from what a login shell may print before; greeting.ts reads the words behind it.
 *
 * The text uses the host's own Node, except as root a Node that others could change, else the Node that an apply has installed, if that has the right digest. Without
 * either it asks for Node (`need-node`) and checks size and digest of what arrives. It runs that Node from a folder that
 * no other user can enter, and always removes the folder.
 */
export function bootstrapScript(
  program: ProgramDigest & { readonly size: number },
  marker: string,
  argv: readonly string[],
  places: BootstrapPlaces = PLACES,
): string {
  const { version, sha256, size } = program;
  const words = [marker, version, sha256, String(size)].map(shellWord).join(" ");
  return `umask 077
me=$(id -u)
${FAULT_FUNCTION}
say() { printf '%s %s\\n' ${shellWord(marker)} "$*"; }
fail() { say "$@"; exit 1; }
PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; export PATH
unset NODE_OPTIONS
start() { exec "$1" -e ${shellWord(loader(places.programs))} -- ${words} "$2" ${argv.map(shellWord).join(" ")}; }
unused=
for n in ${places.nodes.map(shellWord).join(" ")}; do
  node=$(command -v "$n" 2>/dev/null) || continue
  case $node in /*) ;; *) continue ;; esac
  why=
  [ "$me" != 0 ] || why=$(fault "$node")
  if [ -n "$why" ]; then unused="$node: $why"; continue; fi
  if "$node" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' </dev/null; then start "$node" ""; fi
done
${ownNode(places)}
`;
}

/** Returns the part of the text for a host without its own Node. */
function ownNode({ programs, temporary, builds }: BootstrapPlaces): string {
  const installed = `${programs}/current/${OWN_NODE_FILE}`;
  return `case $(uname -m) in
${Object.entries(builds).map(machineCase).join("\n")}
  *) fail no-node machine "$(uname -m)" ;;
esac
line() { printf '%s' "$1" | tr '\\n' ' '; }
whole() { case $(sha256sum <"$1" 2>/dev/null) in "$sum "*) ;; *) return 1 ;; esac; }
for t in sha256sum mktemp find df head tr wc; do command -v "$t" >/dev/null 2>&1 || fail no-node tool "$t"; done
[ -e "$libc" ] || fail no-node libc "$libc"
own=${shellWord(installed)}
if [ -f "$own" ] && [ -x "$own" ] && [ -z "$(fault "$own")" ] && whole "$own"; then start "$own" ""; fi

folder=
trap '[ -z "$folder" ] || rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT PIPE TERM
for base in ${temporary.map(shellWord).join(" ")}; do
  [ -z "$(fault "$base")" ] || continue
  find "$base" -maxdepth 1 -type d -name 'claude-fleet.??????????' -user "$(id -u)" -mmin +60 -exec rm -rf {} + 2>/dev/null
  folder=$(mktemp -d "$base/claude-fleet.XXXXXXXXXX" 2>/dev/null) || { folder=; continue; }
  printf '#!/bin/sh\\n' 2>/dev/null >"$folder/try" && chmod 700 "$folder/try" && "$folder/try" 2>/dev/null &&
    df -Pk "$folder" | { read -r _; read -r _ _ _ free _; [ "$free" -gt $((size / 1024 + 1024)) ]; } && break
  rm -rf "$folder"; folder=
done
[ -n "$folder" ] || fail no-node room $((size / 1048576 + 1)) ${temporary.map(shellWord).join(" ")}

form=plain; if command -v gzip >/dev/null 2>&1; then form=gzip; fi
say need-node "$platform" "$form" \${unused:+"$unused"}
read -r bytes || exit 1
case $bytes in '' | *[!0-9]*) exit 1 ;; esac
node=$folder/${OWN_NODE_FILE}
why=$({ if [ "$form" = gzip ]; then head -c "$bytes" | gzip -dc; else head -c "$bytes"; fi >"$node"; } 2>&1)
got=$(wc -c <"$node")
if [ "$got" -ne "$size" ]; then fail node-cut $((got)) "$size" "$folder" "$(line "$why")"; fi
whole "$node" || fail node-other
chmod 755 "$node"
why=$("$node" -e 0 2>&1 </dev/null) || fail node-broken "$(line "$why")"
start "$node" "$folder"`;
}

function machineCase([platform, build]: readonly [string, NodeBuild]): string {
  const { machines, libc, sha256, size } = build;
  const set = { platform, libc: shellWord(libc), sum: sha256, size };
  const assignments = Object.entries(set).map(([name, value]) => `${name}=${value}`);
  return `  ${machines.join(" | ")}) ${assignments.join("; ")} ;;`;
}
