/** `user observe`, `user prepare` and `user repair`: what a user's home holds, and what the fleet keeps true in it. */
import { chmod, lstat, mkdir, readlink, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { findClaude } from "../../claude/command-line.ts";
import { fingerprint, readCredentials } from "../../claude/credentials.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import { MAX_STATE_BYTES, parseAgentState } from "../../contract/agent-state.ts";
import { removeTemporaries, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { fileRemedy } from "../../lib/file-remedy.ts";
import { octalMode, readRegularFile } from "../../lib/regular-file.ts";
import { observeToken, recordedAccessor, renewEndingToken } from "./observe-token.ts";
import type { homeRepair, UserAccount, UserTask } from "./task-messages.ts";

/** Observes the home of the task's user, and asks Vault about the token unless the task says that Vault is away. */
export async function observeHome(task: UserTask): Promise<UserAccount> {
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

/** Returns whether the agent has seen a usable login of this user on this machine. */
async function hasHistory(home: string): Promise<boolean> {
  const reading = await readRegularFile(userPlaces(home).agentState, MAX_STATE_BYTES);
  return reading.kind === "file" && parseAgentState(reading.content.toString("utf8")).seen !== null;
}

/**
 * Repairs the home, renews a token that ends soon, and observes the result. Cleans up after a killed enrolment: removes
 * half-written files, and writes a good token's accessor beside it.
 */
export async function prepareHome(task: UserTask): Promise<UserAccount> {
  await repairHome(task);
  const places = userPlaces(task.home);
  await removeTemporaries([places.token, places.accessor]);
  await renewEndingToken(task);
  const found = await observeHome(task);
  const { health, accessor } = found.token;
  if (health === "good" && accessor !== null && accessor !== (await recordedAccessor(task.home))) {
    await writeFileAtomic(places.accessor, `${accessor}\n`, { mode: 0o600 });
  }
  return found;
}

/** Creates the user's folders (0700) and narrows the mode of the token's files (0600). Does not ask Vault. */
export async function repairHome(task: UserTask): Promise<z.infer<typeof homeRepair>> {
  const places = userPlaces(task.home);
  const repaired: string[] = [];
  for (const folder of [places.config, places.state])
    repaired.push(...(await ensurePrivateFolder(folder, task.home)));
  for (const file of [places.token, places.accessor]) repaired.push(...(await narrowMode(file)));
  return { repaired };
}

async function ensurePrivateFolder(folder: string, home: string): Promise<readonly string[]> {
  try {
    const created = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (created !== undefined) return [`${folder} was missing`];
    const mode = octalMode(await stat(folder));
    if (mode === "0700") return [];
    await chmod(folder, 0o700);
    return [`${folder} had the mode ${mode}`];
  } catch (error) {
    const code = errorCode(error);
    const link = await linkIn(folder, home);
    const remedy = link === undefined ? fileRemedy(code) : `${link}; remove the link`;
    throw new ExpectedError(
      `${folder} cannot be made a folder that only its user can enter (${code}); ${remedy}.`,
      { cause: error },
    );
  }
}

/** Returns a clause about the link that is nearest to `path`: at it, or at a folder above it in the home. */
async function linkIn(path: string, home: string): Promise<string | undefined> {
  for (let part = path; part !== home && part !== dirname(part); part = dirname(part)) {
    const target = await readlink(part).catch(() => undefined);
    if (target !== undefined) return `${part} is a symbolic link to ${target}`;
  }
  return undefined;
}

async function narrowMode(file: string): Promise<readonly string[]> {
  const found = await lstat(file).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  const mode = found?.isFile() ? octalMode(found) : "0600";
  if (mode === "0600") return [];
  await chmod(file, 0o600).catch((cause: unknown) => {
    const code = errorCode(cause);
    const what = `${file} has the mode ${mode}, which cannot be changed (${code})`;
    throw new ExpectedError(`${what}; remove the file, then run \`pulumi up\`.`, { cause });
  });
  return [`${file} had the mode ${mode}`];
}
