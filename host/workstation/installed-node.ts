/** Installs the Node that came with the program beside it, on a host that has no Node of its own. */
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, link, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { syncFolder, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { OWN_NODE_FILE } from "../../lib/own-node.ts";
import { PROGRAMS } from "../../plan/units/names.ts";
import { type HostSystem } from "../system.ts";
import { hostPlaces } from "../places.ts";
import { plainText } from "../../lib/printable.ts";

const MODE = 0o755;

/** Returns the path of the program's own Node beside a program version. */
export function ownNodePath(version: string): string {
  return `${PROGRAMS}/${version}/${OWN_NODE_FILE}`;
}

/** Returns whether the Node beside that version is intact. */
export async function ownNodeIsWhole(system: HostSystem, version: string): Promise<boolean> {
  const { ownSha256 } = system.node;
  const found = await readExecutable(fileOf(system, version));
  return found !== undefined && found.sha256 === ownSha256 && found.mode === MODE && isOwned(system, found);
}

/**
 * Puts the running Node beside `version`. Links it to an intact Node beside `former`, so that it takes no space twice, or
 * copies it.
 * @throws {ExpectedError} when the running Node was changed, or cannot be written
 */
export async function installOwnNode(
  system: HostSystem,
  version: string,
  former: string | undefined,
): Promise<void> {
  if (await ownNodeIsWhole(system, version)) return;
  const target = fileOf(system, version);
  try {
    await placeOwnNode(system, version, former, target);
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    const why = errorCode(error) === "ENOSPC" ? "the disk is full" : plainText(String(error), 300);
    throw new ExpectedError(
      `${ownNodePath(version)} cannot be written: ${why}; repair that, then run \`pulumi up\` again.`,
      { cause: error },
    );
  }
}

async function placeOwnNode(
  system: HostSystem,
  version: string,
  former: string | undefined,
  target: string,
): Promise<void> {
  const found = await readExecutable(target);
  // The users' processes start from the file that runs now, so its own mode must be right. A copy would not help them.
  if (found !== undefined && found.sha256 === system.node.ownSha256 && isOwned(system, found)) {
    await chmod(target, MODE);
    return;
  }
  if (former !== undefined && former !== version && (await ownNodeIsWhole(system, former))) {
    return linkAtomic(fileOf(system, former), target);
  }
  const bytes = await readFile(system.node.path);
  if (sha256Of(bytes) !== system.node.ownSha256) {
    throw new ExpectedError(
      `The Node that came with the program has been changed at ${ownNodePath(version)}; run \`pulumi up\`, which delivers it again.`,
    );
  }
  await writeFileAtomic(target, bytes, { mode: MODE, owner: system.owner });
}

/** Removes a Node that is no longer used. */
export async function removeOwnNode(system: HostSystem, version: string): Promise<void> {
  await rm(fileOf(system, version), { force: true });
}

function fileOf(system: HostSystem, version: string): string {
  return join(hostPlaces(system).programs, version, OWN_NODE_FILE);
}

function isOwned({ owner }: HostSystem, found: { readonly uid: number; readonly gid: number }): boolean {
  return found.uid === owner.uid && found.gid === owner.gid;
}

/** Returns digest, mode and owner of a regular file; undefined for anything else. */
async function readExecutable(path: string) {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return undefined;
    const hash = createHash("sha256");
    await pipeline(file.createReadStream({ autoClose: false }), hash);
    return { sha256: hash.digest("hex"), mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid };
  } finally {
    await file.close();
  }
}

async function linkAtomic(present: string, target: string): Promise<void> {
  const temporary = join(target, "..", `.${OWN_NODE_FILE}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await link(present, temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(join(target, ".."));
}
