/** `user observe` and `user prepare`: what a user's own process says about login, CLI and token. */
import { chmod, lstat, mkdir } from "node:fs/promises";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { findClaude } from "../../agent/claude-command.ts";
import { fingerprint, readCredentials } from "../../agent/credentials.ts";
import { hasHistory } from "../../agent/memory.ts";
import { userPlaces } from "../../agent/places.ts";
import type { UserAccount, UserTask } from "./tasks.ts";
import { observeToken, recordedAccessor } from "./token-state.ts";

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

/** Makes the user's folders (0700) and narrows the token file's rights, then looks. */
export async function prepareUser(task: UserTask): Promise<UserAccount> {
  const places = userPlaces(task.home);
  for (const folder of [places.config, places.state]) await ensurePrivateFolder(folder);
  for (const file of [places.token, places.accessor]) await narrow(file);
  return observeUser(task);
}

async function ensurePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  } catch (error) {
    throw new ExpectedError(
      `${folder} cannot be made (${errorCode(error)}); give the user a writable home with room in it.`,
      { cause: error },
    );
  }
}

async function narrow(file: string): Promise<void> {
  try {
    if ((await lstat(file)).isFile()) await chmod(file, 0o600);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}
