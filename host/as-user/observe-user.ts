/** `user observe`, `user prepare` and `user mend`: what a user's own process says about login, CLI and token. */
import { chmod, lstat, mkdir, stat } from "node:fs/promises";
import { octalMode, readRegularFile, removeTemporaries, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { findClaude } from "../../claude/command-line.ts";
import { fingerprint, readCredentials } from "../../claude/credentials.ts";
import { MAX_STATE_BYTES, parseAgentState } from "../../contract/agent-state.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import type { UserAccount, UserMending, UserTask } from "./task-messages.ts";
import { observeToken, recordedAccessor, renewEndingToken } from "./observe-token.ts";

/** Looks, and changes nothing. */
export async function observeUser(task: UserTask): Promise<UserAccount> {
  const [token, credentials] = [await observeToken(task), await readCredentials(task.home)];
  const accessors = [await recordedAccessor(task.home), token.accessor ?? undefined];
  return {
    credential: credentials.kind,
    fingerprint: credentials.kind === "usable" ? fingerprint(credentials.oauth) : null,
    history: await hasHistory(task.home),
    claude: (await findClaude(task.home, task.claude ?? undefined)) ?? null,
    token,
    accessors: [...new Set(accessors.filter((accessor) => accessor !== undefined))],
  };
}

/**
 * Makes the user's folders (0700), narrows the token file's rights, renews a token that ends soon, and looks. What an
 * enrolment that was killed has left is put in order: nothing half-written stays, and a good token's own accessor lies
 * beside it.
 */
export async function prepareUser(task: UserTask): Promise<UserAccount> {
  await mendUser(task);
  const places = userPlaces(task.home);
  await removeTemporaries([places.token, places.accessor]);
  await renewEndingToken(task);
  const found = await observeUser(task);
  const { health, accessor } = found.token;
  if (health === "good" && accessor !== null && accessor !== (await recordedAccessor(task.home))) {
    await writeFileAtomic(places.accessor, `${accessor}\n`, { mode: 0o600 });
  }
  return found;
}

/** Makes the user's folders (0700) and narrows the token file's rights (0600). Asks nobody. */
export async function mendUser(task: UserTask): Promise<UserMending> {
  const places = userPlaces(task.home);
  const mended: string[] = [];
  for (const folder of [places.config, places.state]) mended.push(...(await ensurePrivateFolder(folder)));
  for (const file of [places.token, places.accessor]) mended.push(...(await narrow(file)));
  return { mended };
}

async function ensurePrivateFolder(folder: string): Promise<readonly string[]> {
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) return [`${folder} was missing`];
    const mode = octalMode(await stat(folder));
    if (mode === "0700") return [];
    await chmod(folder, 0o700);
    return [`${folder} had the mode ${mode}`];
  } catch (error) {
    throw new ExpectedError(
      `${folder} cannot be made (${errorCode(error)}); give the user a writable home with room in it.`,
      { cause: error },
    );
  }
}

async function narrow(file: string): Promise<readonly string[]> {
  try {
    const found = await lstat(file);
    const mode = octalMode(found);
    if (!found.isFile() || mode === "0600") return [];
    await chmod(file, 0o600);
    return [`${file} had the mode ${mode}`];
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Whether the agent has seen a usable login of this user on this machine. */
async function hasHistory(home: string): Promise<boolean> {
  const reading = await readRegularFile(userPlaces(home).agentState, MAX_STATE_BYTES);
  return reading.kind === "file" && parseAgentState(reading.content.toString("utf8")).seen !== null;
}
