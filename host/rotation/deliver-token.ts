/** `deliver-token` and `sync-environment`: write a new token on its host, for the rotation that holds the lock. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { textOf } from "../../claude/credentials.ts";
import type { ResultOf } from "../../contract/actions.ts";
import type { EnvironmentFile } from "../../contract/rotation.ts";
import type { HostToken } from "../../contract/token-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { ApprovedCopies } from "../token/approved-copies.ts";
import { candidateOwner, readCandidate, unchanged } from "../token/read-candidate.ts";
import { judgeCandidate } from "../token/candidate-rules.ts";
import { writeVariables } from "./environment-file.ts";
import { requireRotationLock } from "./rotation-lock.ts";

/**
 * Replaces the candidate by a file with this content, 0600, which the former owner keeps.
 * @param id the rotation
 * @throws {ExpectedError} when the gate would refuse the content before any call, or the file cannot be written; the former
 * file is then still there
 */
export async function deliverToken(
  token: HostToken,
  id: string,
  content: string,
): Promise<ResultOf<"deliver-token">> {
  return ApprovedCopies.withLock(token.file, async (store) => {
    await requireRotationLock(token.file, id);
    const bytes = Buffer.from(content);
    const found = await readCandidate(token);
    const owner = await candidateOwner(token, found.reading, token.uids[0] ?? 0);
    const stats = { ...(await stat(dirname(token.file))), mode: 0o600, uid: owner.uid };
    const judged = judgeCandidate({ kind: "file", content: bytes, stat: stats }, token);
    if (judged.complaints.length > 0) throw new ExpectedError(judged.complaints.map(unchanged));
    const sha256 = sha256Of(bytes);
    if (found.sha256 === sha256) return { sha256, changed: false };
    if (found.reading.kind === "directory" || found.reading.kind === "other") {
      throw new ExpectedError(unchanged(found.complaints.join(" ")));
    }
    await store.putCandidate(bytes, owner).catch((error: unknown) => {
      const code = errorCode(error);
      throw new ExpectedError(unchanged(`${token.file} could not be written (${code}): ${remedyFor(code)}.`));
    });
    return { sha256, changed: true };
  });
}

/** Writes the token of the token file into the environment file. @param id the rotation */
export async function syncEnvironment(
  token: HostToken,
  id: string,
  environment: EnvironmentFile,
): Promise<ResultOf<"sync-environment">> {
  await requireRotationLock(token.file, id);
  const { oauth, complaints } = await readCandidate(token);
  if (oauth === undefined) throw new ExpectedError(complaints);
  return { changed: [...(await writeVariables(environment, textOf(oauth, "accessToken")))] };
}

function remedyFor(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT") return "free some space there, then run this again";
  if (code === "EROFS") return "its file system is mounted read-only; look at the host's kernel log";
  return "check the rights of its folder";
}
