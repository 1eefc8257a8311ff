/** The program on the host's disk: one folder a version, and the link `current` to the one in use. */
import { randomBytes } from "node:crypto";
import { access, mkdir, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { createHash } from "node:crypto";
import { readRegularFile, syncFolder, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { OWN_NODE_FILE } from "../../lib/own-node.ts";
import { installOwnNode, ownNodeIsWhole, ownNodePath, removeOwnNode } from "./installed-node.ts";
import { type HostSystem } from "../system.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import { hostPlaces } from "../places.ts";

const MAX_PROGRAM_BYTES = 64 * 1024 * 1024;

/** Commands beside the program, with the program's first argument that each stands for. */
const COMMANDS = { "claude-auth-sync": "agent", "claude-fleet-host": "" } as const;

/** The installed version and digest; null when none is, or when a part of it is missing or altered. */
export async function installedProgram(system: HostSystem): Promise<HostPlan["program"] | null> {
  const { programs } = hostPlaces(system);
  const version = await currentVersion(programs);
  if (version === undefined) return null;
  const reading = await readRegularFile(join(programs, version, "program.cjs"), MAX_PROGRAM_BYTES);
  if (reading.kind !== "file") return null;
  const nodes = new Set<string | undefined>();
  for (const command of Object.keys(COMMANDS) as (keyof typeof COMMANDS)[]) {
    nodes.add(await nodeOfWrapper(system, version, command));
  }
  for (const node of nodes) if (node === undefined || !(await serves(system, version, node))) return null;
  return { version, sha256: createHash("sha256").update(reading.content).digest("hex") };
}

function currentVersion(programs: string): Promise<string | undefined> {
  return readlink(join(programs, "current")).then(
    (target) => basename(target),
    () => undefined,
  );
}

/**
 * Puts the running program in place as `program`, and makes it the current one.
 * @returns whether anything changed
 * @throws {ExpectedError} when the running program is another than the plan names
 */
export async function installProgram(system: HostSystem, program: HostPlan["program"]): Promise<boolean> {
  if (system.program.sha256 !== program.sha256) {
    throw new ExpectedError(
      `The running host program has the digest ${system.program.sha256}, the plan wants ${program.sha256}; run \`npm run build\`, then \`pulumi up\`.`,
    );
  }
  const installed = await installedProgram(system);
  if (installed?.version === program.version && installed.sha256 === program.sha256) return false;
  const { programs } = hostPlaces(system);
  const former = await currentVersion(programs);
  const folder = join(programs, program.version);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeFileAtomic(join(folder, "program.cjs"), system.program.bytes, {
    mode: 0o644,
    owner: system.owner,
  });
  const own = system.node.kind === "own";
  if (own) await installOwnNode(system, program.version, former);
  const node = own ? ownNodePath(program.version) : system.node.path;
  for (const command of Object.keys(COMMANDS) as (keyof typeof COMMANDS)[]) {
    await writeFileAtomic(join(folder, command), wrapper(program.version, node, command), {
      mode: 0o755,
      owner: system.owner,
    });
  }
  if (!own) await removeOwnNode(system, program.version);
  await pointCurrent(programs, program.version);
  await removeOthers(programs, program.version, former);
  return true;
}

/** Paths of a version's files, below the folder of all of them. */
export function programFiles(programs: string, version: string): readonly string[] {
  return ["program.cjs", OWN_NODE_FILE, ...Object.keys(COMMANDS)].map((name) =>
    join(programs, version, name),
  );
}

/** Removes every version; for the last fleet that leaves the host. */
export async function removeProgram(system: HostSystem): Promise<void> {
  await rm(hostPlaces(system).programs, { recursive: true, force: true });
}

function wrapper(version: string, node: string, command: keyof typeof COMMANDS): string {
  const words = [`/usr/local/lib/claude-fleet/${version}/program.cjs`, COMMANDS[command], '"$@"'];
  return `#!/bin/sh
# Starts claude-fleet's ${command}; written by claude-fleet.
unset NODE_OPTIONS NODE_PATH
exec '${node.replaceAll("'", `'\\''`)}' ${words.filter((word) => word !== "").join(" ")}
`;
}

/** The Node that a command names; undefined when the command is not as this program writes it. */
async function nodeOfWrapper(
  system: HostSystem,
  version: string,
  command: keyof typeof COMMANDS,
): Promise<string | undefined> {
  const reading = await readRegularFile(join(hostPlaces(system).programs, version, command), 100_000);
  if (reading.kind !== "file" || (reading.stat.mode & 0o777) !== 0o755) return undefined;
  const text = reading.content.toString("utf8");
  const node = /^exec '(.*)' \//m.exec(text)?.[1]?.replaceAll(`'\\''`, "'");
  return node !== undefined && text === wrapper(version, node, command) ? node : undefined;
}

/** Whether the commands of that version can go on with this Node. */
async function serves(system: HostSystem, version: string, node: string): Promise<boolean> {
  if (node === ownNodePath(version)) return ownNodeIsWhole(system, version);
  // Who runs on the program's own Node found none on the host that is new enough: this one is not.
  if (system.node.kind === "own") return false;
  return access(node).then(
    () => true,
    () => false,
  );
}

async function pointCurrent(programs: string, version: string): Promise<void> {
  const temporary = join(programs, `.current.${randomBytes(6).toString("hex")}`);
  await symlink(version, temporary);
  await rename(temporary, join(programs, "current"));
  await syncFolder(programs);
}

/** Keeps the former version, from which a run of the agent may have been started a moment ago. */
async function removeOthers(programs: string, current: string, former: string | undefined): Promise<void> {
  for (const name of await readdir(programs)) {
    if (name === current || name === former || name === "current") continue;
    try {
      await rm(join(programs, name), { recursive: true, force: true });
    } catch (error) {
      throw new ExpectedError(`${join(programs, name)} cannot be removed: ${errorCode(error)}.`, {
        cause: error,
      });
    }
  }
}
