/** Whether the CLI could store the successor of a refresh: on a full disk it would lose it and still answer. */
import { errorCode } from "../lib/expected-error.ts";
import { stageFile, temporaryIn } from "./store-file.ts";
import type { AgentWorld } from "./world.ts";

/** Larger than any credentials file that was seen. */
const TRIAL = " ".repeat(16 * 1024);

/** Why nothing could be stored beside the login, as a clause; undefined when it could. Leaves nothing behind. */
export async function notStorable(world: AgentWorld, folder: string): Promise<string | undefined> {
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
    return `${folder} cannot take a new file (${code}), so a refresh would be lost; make room there, or mend its rights`;
  }
}
