/** `user repair`: the user's folders exist, and they and the token file are private. */
import { chmod, lstat, mkdir, readlink, stat } from "node:fs/promises";
import { userPlaces } from "../../contract/agent-places.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { octalMode } from "../../lib/regular-file.ts";
import type { HomeRepair, UserTask } from "./task-messages.ts";

/** Creates the user's folders (0700) and narrows the mode of the token's files (0600). Does not ask Vault. */
export async function repairHome(task: UserTask): Promise<HomeRepair> {
  const places = userPlaces(task.home);
  const repaired: string[] = [];
  for (const folder of [places.config, places.state]) repaired.push(...(await ensurePrivateFolder(folder)));
  for (const file of [places.token, places.accessor]) repaired.push(...(await narrowMode(file)));
  return { repaired };
}

async function ensurePrivateFolder(folder: string): Promise<readonly string[]> {
  try {
    const created = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (created !== undefined) return [`${folder} was missing`];
    const mode = octalMode(await stat(folder));
    if (mode === "0700") return [];
    await chmod(folder, 0o700);
    return [`${folder} had the mode ${mode}`];
  } catch (error) {
    const code = errorCode(error);
    const target = await readlink(folder).catch(() => undefined);
    const what = target === undefined ? "" : `, which is a symbolic link to ${target},`;
    const remedy = target === undefined ? remedyFor(code) : "remove the link";
    throw new ExpectedError(
      `${folder}${what} cannot be made a folder that only its user can enter (${code}); ${remedy}.`,
      { cause: error },
    );
  }
}

function remedyFor(code: string): string {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "free space in the user's home";
    case "EROFS":
      return "mount the file system of the user's home writable";
    case "EEXIST":
    case "ENOTDIR":
      return "move away what lies in its place";
    default:
      return "give the folders above it to the user";
  }
}

async function narrowMode(file: string): Promise<readonly string[]> {
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
