/** Installs the program on the host: one folder for each version, and the link `current` to the version in use. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { syncFolder, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { OWN_NODE_FILE } from "../../lib/own-node.ts";
import { PROGRAMS } from "../../plan/units/names.ts";
import { trustedExec } from "../../plan/units/trust-check.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { installOwnNode, ownNodeIsWhole, ownNodePath, removeOwnNode } from "./installed-node.ts";
import { type HostSystem } from "../system.ts";
import { ownFaults, ownFile, ownFolder, type OwnPlace } from "../trust/own-place.ts";
import { systemFaults } from "../trust/system-paths.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import { hostPlaces } from "../places.ts";
import { readRegularFile } from "../../lib/regular-file.ts";

const MAX_PROGRAM_BYTES = 64 * 1024 * 1024;

/** The commands beside the program, each with the first argument that it passes to the program. */
const COMMANDS = new Map([
  ["claude-auth-sync", "agent"],
  ["claude-fleet-host", ""],
]);

/** Returns the installed version and its digest; null when none is installed, or a part of it is missing or altered. */
export async function installedProgram(system: HostSystem): Promise<HostPlan["program"] | null> {
  const { programs } = hostPlaces(system);
  const version = await currentVersion(programs);
  if (version === undefined) return null;
  const reading = await readRegularFile(join(programs, version, "program.cjs"), MAX_PROGRAM_BYTES);
  if (reading.kind !== "file") return null;
  const nodes = new Set<string | undefined>();
  for (const command of COMMANDS.keys()) nodes.add(await nodeOfWrapper(system, version, command));
  for (const node of nodes) if (node === undefined || !(await serves(system, version, node))) return null;
  return { version, sha256: sha256Of(reading.content) };
}

async function currentVersion(programs: string): Promise<string | undefined> {
  const target = await readlink(join(programs, "current")).catch(() => undefined);
  return target && basename(target);
}

/** Returns the places of the current version: its folder, its files and the link to it. Some may not exist. */
export async function programPlaces(system: HostSystem): Promise<readonly OwnPlace[]> {
  const { programs } = hostPlaces(system);
  const version = await currentVersion(programs);
  if (version === undefined) return [];
  const file = (name: string, mode: number) => ownFile(join(programs, version, name), mode);
  return [
    ownFolder(join(programs, version)),
    file("program.cjs", 0o644),
    ...[OWN_NODE_FILE, ...COMMANDS.keys()].map((name) => file(name, 0o755)),
    { path: join(programs, "current"), kind: "link", mode: 0o777, content: "known" },
  ];
}

/** Returns the path of the host's own Node, which the installed commands start; undefined when they start none. */
export async function hostNode(system: HostSystem): Promise<string | undefined> {
  const version = await currentVersion(hostPlaces(system).programs);
  if (version === undefined) return undefined;
  const node = await nodeOfWrapper(system, version, "claude-fleet-host");
  return node === ownNodePath(version) ? undefined : node;
}

/** Returns whether somebody else than root can change the program, or the Node that it runs on. */
async function isUntrusted(system: HostSystem): Promise<boolean> {
  const node = await hostNode(system);
  if (node !== undefined && (await systemFaults(system, [node])).length > 0) return true;
  const faults = await Promise.all((await programPlaces(system)).map((place) => ownFaults(system, place)));
  return faults.flat().length > 0;
}

/**
 * Installs the running program as `program`, and makes it the current version.
 * @returns whether anything changed
 * @throws {ExpectedError} when the running program is another one than the plan names
 */
export async function installProgram(system: HostSystem, program: HostPlan["program"]): Promise<boolean> {
  if (system.program.sha256 !== program.sha256) {
    throw new ExpectedError(
      `The running host program has the digest ${system.program.sha256}, and the plan wants ${program.sha256}; run \`npm run build\`, then \`pulumi up\`.`,
    );
  }
  const installed = await installedProgram(system);
  const same = installed?.version === program.version && installed.sha256 === program.sha256;
  if (same && !(await isUntrusted(system))) return false;
  const { owner } = system;
  const { programs } = hostPlaces(system);
  const former = await currentVersion(programs);
  const folder = join(programs, program.version);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeFileAtomic(join(folder, "program.cjs"), system.program.bytes, { mode: 0o644, owner });
  const own = system.node.kind === "own";
  if (own) await installOwnNode(system, program.version, former);
  const node = own ? ownNodePath(program.version) : system.node.path;
  for (const command of COMMANDS.keys()) {
    const content = wrapper(program.version, node, command);
    await writeFileAtomic(join(folder, command), content, { mode: 0o755, owner });
  }
  if (!own) await removeOwnNode(system, program.version);
  await pointCurrent(programs, program.version);
  await removeOthers(programs, program.version, former);
  return true;
}

/** Returns the paths of a version's files. @param programs the folder of all versions */
export function programFiles(programs: string, version: string): readonly string[] {
  return ["program.cjs", OWN_NODE_FILE, ...COMMANDS.keys()].map((name) => join(programs, version, name));
}

/** Removes every version. For the last fleet that leaves the host. */
export async function removeProgram(system: HostSystem): Promise<void> {
  await rm(hostPlaces(system).programs, { recursive: true, force: true });
}

/** Returns a command's text. Its caller has checked the command; the command checks the program and Node. */
function wrapper(version: string, node: string, command: string): string {
  const file = `${PROGRAMS}/${version}/program.cjs`;
  const quoted = `'${node.replaceAll("'", `'\\''`)}'`;
  const words = [quoted, file, COMMANDS.get(command) ?? "", '"$@"'].filter((word) => word !== "");
  return `#!/bin/sh
# Starts claude-fleet's ${command}; written by claude-fleet.
unset NODE_OPTIONS NODE_PATH
${trustedExec([quoted, file], words.join(" "))}
`;
}

/** Returns the Node that a command starts; undefined when the command is not as this program writes it. */
async function nodeOfWrapper(
  system: HostSystem,
  version: string,
  command: string,
): Promise<string | undefined> {
  const reading = await readRegularFile(join(hostPlaces(system).programs, version, command), 100_000);
  if (reading.kind !== "file" || (reading.stat.mode & 0o777) !== 0o755) return undefined;
  const text = reading.content.toString("utf8");
  const node = /^exec '(.*)' \//m.exec(text)?.[1]?.replaceAll(`'\\''`, "'");
  return node !== undefined && text === wrapper(version, node, command) ? node : undefined;
}

/** Returns whether the commands of that version can use this Node. */
async function serves(system: HostSystem, version: string, node: string): Promise<boolean> {
  if (node === ownNodePath(version)) return ownNodeIsWhole(system, version);
  // This program runs on its own Node, because the host has no Node that is new enough.
  if (system.node.kind === "own") return false;
  return existsSync(node);
}

async function pointCurrent(programs: string, version: string): Promise<void> {
  const temporary = join(programs, `.current.${randomBytes(6).toString("hex")}`);
  await symlink(version, temporary);
  await rename(temporary, join(programs, "current"));
  await syncFolder(programs);
}

/** Removes all versions but the current and the former one, from which a run of the agent may have been started just now. */
async function removeOthers(programs: string, current: string, former: string | undefined): Promise<void> {
  for (const name of await readdir(programs)) {
    if (name === current || name === former || name === "current") continue;
    try {
      await rm(join(programs, name), { recursive: true, force: true });
    } catch (error) {
      throw new ExpectedError(
        `${join(programs, name)}, a former version of the program, cannot be removed (${errorCode(error)}); remove it by hand.`,
        { cause: error },
      );
    }
  }
}
