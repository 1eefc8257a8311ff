/** Whether the CLI could store the successor of a refresh: on a full disk it would lose it and still answer. */
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { errorCode } from "../lib/expected-error.ts";
import { credentialsPath } from "./credentials.ts";

/** Larger than any credentials file that was seen. */
const TRIAL = Buffer.alloc(16 * 1024, " ");

/** Why nothing could be stored beside the login, as a clause; undefined when it could. Leaves nothing behind. */
export async function notStorable(home: string): Promise<string | undefined> {
  const folder = dirname(credentialsPath(home));
  const path = join(folder, `.claude-auth-sync.${randomBytes(6).toString("hex")}`);
  try {
    await writeFileAtomic(path, TRIAL, { mode: 0o600 });
    return undefined;
  } catch (error) {
    return `${folder} cannot take a new file (${errorCode(error)}), so a refresh would be lost`;
  } finally {
    await rm(path, { force: true });
  }
}
