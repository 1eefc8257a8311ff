/** Replaces a file of the user's own, step by step, so that whatever happens in between it is whole: old or new. */
import { dirname, join } from "node:path";
import type { AgentWorld } from "./world.ts";

/** Names of the agent's own temporary files: nobody else's are ever removed. */
export const OWN_TEMPORARY = /^\.claude-auth-sync\.[0-9a-f]{12}\.tmp$/;

/** A fresh name for a temporary file in `folder`. */
export function temporaryIn(world: AgentWorld, folder: string): string {
  return join(folder, `.claude-auth-sync.${world.random(6)}.tmp`);
}

/**
 * A file with this content, 0600, on the disk and not yet in its place. The caller renames or removes it.
 * @throws the system's error; the file is gone then
 */
export async function stageFile(world: AgentWorld, folder: string, text: string): Promise<string> {
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

/** Puts a staged file in its place, where it replaces what is there, a link included. */
export async function placeFile(world: AgentWorld, temporary: string, path: string): Promise<void> {
  try {
    await world.files.rename(temporary, path);
  } catch (error) {
    await world.files.remove(temporary);
    throw error;
  }
  await world.files.syncFolder(dirname(path));
}

/** Both of the above. */
export async function storeFile(world: AgentWorld, path: string, text: string): Promise<void> {
  await placeFile(world, await stageFile(world, dirname(path), text), path);
}
