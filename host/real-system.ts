/** Implements {@link HostSystem} on a real host. */
import { existsSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runProcess } from "../lib/run-process.ts";
import { plainText } from "../lib/printable.ts";
import { readAccounts } from "./accounts.ts";
import { HOST_LOCK, takeHostLock } from "./host-lock.ts";
import { EXECUTABLE, runningNode, type HostNode } from "./running-node.ts";
import { loaderArguments } from "./running-program.ts";
import type { HostSystem } from "./system.ts";
import { userSeconds } from "./user-process.ts";

const LOCK_WAIT_SECONDS = 300;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Returns the real host, on which `program` runs as root. */
export function realSystem(program: HostSystem["program"]): HostSystem {
  const node = runningNode();
  return {
    root: "",
    program,
    node,
    owner: { uid: 0, gid: 0 },
    missing: () => missingParts(node),
    systemctl: (args) =>
      runProcess("systemctl", ["--no-ask-password", ...args], {
        env: { PATH, LC_ALL: "C", TZ: "UTC", SYSTEMD_PAGER: "", SYSTEMD_COLORS: "0" },
        // The longest call stops a service that waits for the CLI: TimeoutStopSec of the unit, and a margin.
        deadlineMs: 240_000,
        maxOutputBytes: 8 * 1024 * 1024,
      }),
    journal: (args) =>
      runProcess("journalctl", ["--quiet", "--no-pager", ...args], {
        env: { PATH, LC_ALL: "C" },
        deadlineMs: 60_000,
        maxOutputBytes: 8 * 1024 * 1024,
      }),
    checkSudoers,
    wait: (milliseconds) => sleep(milliseconds),
    accounts: readAccounts,
    asUser: (account, task, input) =>
      runProcess(EXECUTABLE, [...loaderArguments, "user", task], {
        uid: account.uid,
        gid: account.gid,
        cwd: "/",
        env: { PATH, HOME: account.home, USER: account.name, LOGNAME: account.name, LC_ALL: "C" },
        input,
        extraInput: program.bytes,
        deadlineMs: userSeconds(task) * 1000,
        maxOutputBytes: 256 * 1024,
      }),
    lock: () => takeHostLock(HOST_LOCK, LOCK_WAIT_SECONDS),
  };
}

async function checkSudoers(text: string): Promise<string | undefined> {
  const options = { env: { PATH, LC_ALL: "C" }, input: text, deadlineMs: 30_000, maxOutputBytes: 64 * 1024 };
  const end = await runProcess("visudo", ["-c", "-f", "-"], options);
  if (end.notRun !== undefined) return "visudo is missing; install the package sudo";
  return end.code === 0 ? undefined : plainText(`${end.stdout} ${end.stderr}`, 300);
}

async function missingParts(node: HostNode): Promise<readonly string[]> {
  const missing: string[] = [];
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (process.getuid?.() !== 0)
    missing.push("The host program must run as root; set `become: sudo -n` in the roster.");
  if (major < 20) missing.push(`Node ${process.versions.node} is too old; install Node 20 or newer.`);
  if (!existsSync("/run/systemd/system"))
    missing.push("systemd does not run as PID 1; use a host with systemd as workstation.");
  for (const [command, remedy] of [
    ["systemctl", "systemd"],
    ["getent", "libc-bin"],
    ["flock", "util-linux"],
  ] as const) {
    if (!PATH.split(":").some((folder) => existsSync(`${folder}/${command}`)))
      missing.push(`The command ${command} is missing; install the package ${remedy}.`);
  }
  const closed = node.kind === "own" ? undefined : await closedFolder(await realpath(node.path));
  if (closed !== undefined) {
    missing.push(
      `Node at ${node.path} cannot be run by other users (they may not enter or run ${closed}); install Node for all users.`,
    );
  }
  return missing;
}

/** Returns the first part of `path` that other users may not enter or run; undefined when there is none. */
async function closedFolder(path: string): Promise<string | undefined> {
  for (let part = path; ; part = dirname(part)) {
    if (((await stat(part)).mode & 0o001) === 0) return part;
    if (part === dirname(part)) return undefined;
  }
}
