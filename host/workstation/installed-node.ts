/** The Node that came with the program, beside it on the disk of a host that has none. */
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, link, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { syncFolder, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError, plainText } from "../../lib/expected-error.ts";
import { OWN_NODE_FILE } from "../../lib/own-node.ts";
import { PROGRAMS } from "../../plan/units/names.ts";
import { type HostSystem } from "../system.ts";
import { hostPlaces } from "../places.ts";

const MODE = 0o755;

/** Its path beside a version of the program, as the commands there name it. */
export function ownNodePath(version: string): string {
  return `${PROGRAMS}/${version}/${OWN_NODE_FILE}`;
}

/** Whether it lies beside that version as it came. */
export async function ownNodeIsWhole(system: HostSystem, version: string): Promise<boolean> {
  const { ownSha256 } = system.node;
  const found = await readExecutable(fileOf(system, version));
  return found !== undefined && found.sha256 === ownSha256 && found.mode === MODE;
}

/**
 * Puts the running Node beside `version`: as another name of the one beside `former` where that is the same, so that it
 * takes no room twice, or as a copy.
 * @throws {ExpectedError} when the running one is not as it came, or there is no room for it
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
    const why = errorCode(error) === "ENOSPC" ? "there is no room for it" : plainText(String(error), 300);
    throw new ExpectedError(
      `${ownNodePath(version)} cannot be written: ${why}; mend that, then run \`pulumi up\` again.`,
      {
        cause: error,
      },
    );
  }
}

async function placeOwnNode(
  system: HostSystem,
  version: string,
  former: string | undefined,
  target: string,
): Promise<void> {
  // Its users' processes start from the very file that runs now: a copy beside it would leave that closed to them.
  if ((await readExecutable(target))?.sha256 === system.node.ownSha256) {
    await chmod(target, MODE);
    return;
  }
  if (former !== undefined && former !== version && (await ownNodeIsWhole(system, former))) {
    return linkAtomic(fileOf(system, former), target);
  }
  const bytes = await readFile(system.node.path);
  if (createHash("sha256").update(bytes).digest("hex") !== system.node.ownSha256) {
    throw new ExpectedError(
      `The Node that came with the program has been changed at ${ownNodePath(version)}; run \`pulumi up\`, which brings it anew.`,
    );
  }
  await writeFileAtomic(target, bytes, { mode: MODE, owner: system.owner });
}

/** Takes away one that is not used any more. */
export async function removeOwnNode(system: HostSystem, version: string): Promise<void> {
  await rm(fileOf(system, version), { force: true });
}

function fileOf(system: HostSystem, version: string): string {
  return join(hostPlaces(system).programs, version, OWN_NODE_FILE);
}

/** Digest and rights of a regular file; undefined for anything else. */
async function readExecutable(
  path: string,
): Promise<{ readonly sha256: string; readonly mode: number } | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return undefined;
    const hash = createHash("sha256");
    await pipeline(file.createReadStream({ autoClose: false }), hash);
    return { sha256: hash.digest("hex"), mode: stat.mode & 0o7777 };
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
