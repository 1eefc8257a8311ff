/** The agent's own files and folders below the home: replaced whole, checked for room, and removed when left over. */
import { CREDENTIALS_FILE } from "../claude/credentials.ts";
import { dirname, join } from "node:path";
import { errorCode } from "../lib/expected-error.ts";
import { userPlaces } from "../contract/agent-places.ts";
import type { Machine } from "../lib/machine-ports.ts";

/** Matches the names of the agent's temporary files. The agent removes no other program's files. */
export const OWN_TEMPORARY = /^\.claude-auth-sync\.[0-9a-f]{12}\.tmp$/;

function temporaryIn(world: Machine, folder: string): string {
  return join(folder, `.claude-auth-sync.${world.random(6)}.tmp`);
}

/**
 * Writes a temporary file with this content, 0600, to the disk. The caller places or removes it.
 * @throws the system's error; the temporary file is removed then
 */
export async function stageFile(world: Machine, folder: string, text: string): Promise<string> {
  const temporary = temporaryIn(world, folder);
  try {
    await world.files.create(temporary, text);
    await world.files.sync(temporary);
    return temporary;
  } catch (error) {
    await world.files.remove(temporary);
    throw error;
  }
}

/** Puts a staged file in place of the file at `path`. A link at `path` is replaced, too. */
export async function placeFile(world: Machine, temporary: string, path: string): Promise<void> {
  try {
    await world.files.rename(temporary, path);
  } catch (error) {
    await world.files.remove(temporary);
    throw error;
  }
  await world.files.syncFolder(dirname(path));
}

/**
 * Replaces one of the agent's own files. After a crash at any moment it is whole: the old file or the new one. Removes a
 * folder in its place, which a rename cannot replace.
 */
export async function storeFile(world: Machine, path: string, text: string): Promise<void> {
  const place = async () => placeFile(world, await stageFile(world, dirname(path), text), path);
  await place().catch(async (error: unknown) => {
    if (!["EISDIR", "ENOTEMPTY", "EEXIST"].includes(errorCode(error))) throw error;
    await removeTree(world, path);
    await place();
  });
}

/** Larger than any credentials file that was seen. */
const TRIAL = " ".repeat(16 * 1024);

/**
 * Returns why a refreshed login could not be stored in `folder`; undefined when it could. On a full disk the CLI loses the
 * successor of a refresh and still answers. Leaves no file behind.
 */
export async function notStorable(world: Machine, folder: string): Promise<string | undefined> {
  try {
    const staged = await stageFile(world, folder, TRIAL);
    const renamed = temporaryIn(world, folder);
    try {
      await world.files.rename(staged, renamed);
    } finally {
      await world.files.remove(renamed);
      await world.files.remove(staged);
    }
    return undefined;
  } catch (error) {
    const code = errorCode(error) || "no reason was given";
    return `${folder} cannot take a new file (${code}). A refreshed login would be lost. Make room there, or repair its rights.`;
  }
}

/** Removes temporary files that an interrupted run left. The caller holds the agent's lock. */
export async function removeStaleFiles(world: Machine, home: string): Promise<void> {
  const places = userPlaces(home);
  for (const folder of [join(home, ".claude"), places.state, places.scratch]) {
    for (const name of await world.files.list(folder)) {
      if (OWN_TEMPORARY.test(name)) await world.files.remove(join(folder, name));
    }
  }
}

/**
 * Removes what lies at a path of the agent's own: a file, or a folder with everything in it. Links are not followed.
 * @returns whether something lay there
 */
export async function removeTree(world: Machine, path: string): Promise<boolean> {
  const state = await world.files.state(path);
  if (state?.kind !== "directory") {
    if (state !== undefined) await world.files.remove(path);
    return state !== undefined;
  }
  // The login first, so that no token stays when the removal fails later.
  for (const name of [CREDENTIALS_FILE, ...(await world.files.list(path))])
    await removeTree(world, join(path, name));
  await world.files.removeFolder(path);
  return true;
}
