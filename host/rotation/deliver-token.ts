/** `deliver-token` and `sync-environment`: what a rotation writes on the token's host. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { textOf } from "../../claude/credentials.ts";
import { readRegularFile } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import type { HostToken } from "../../contract/token-file.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "../token/judge-candidate.ts";
import { ApprovedCopies } from "../token/approved-copies.ts";
import { writeVariables } from "./environment-file.ts";
import { ownerOf } from "../token/put-back.ts";
import { requireRotationLock } from "./rotation-lock.ts";
import type { EnvironmentFile } from "../../contract/rotation.ts";
import { sha256Of } from "../../lib/sha256.ts";

/**
 * Puts the content in the candidate's place, whole and 0600; the former owner keeps the file.
 * @throws {ExpectedError} when it would not pass the gate by its shape, or cannot be written: the former file is there then
 */
export async function deliverToken(token: HostToken, id: string, content: string) {
  const store = await ApprovedCopies.open(token.file);
  try {
    return await store.locked(async () => {
      await requireRotationLock(token.file, id);
      const bytes = Buffer.from(content);
      const found = await readRegularFile(token.file, MAX_TOKEN_FILE_BYTES);
      const reader = token.uids[0] ?? 0;
      const owner = await ownerOf(token, found, reader);
      const stats = { ...(await stat(dirname(token.file))), mode: 0o600, uid: owner.uid };
      const judged = judgeCandidate({ kind: "file", content: bytes, stat: stats }, rulesOf(token));
      if (judged.complaints.length > 0) throw new ExpectedError(judged.complaints.map(asBefore));
      const sha256 = sha256Of(bytes);
      if (found.kind === "file" && sha256Of(found.content) === sha256) return { sha256, changed: false };
      if (found.kind === "directory" || found.kind === "other") {
        throw new ExpectedError(asBefore(judgeCandidate(found, rulesOf(token)).complaints.join(" ")));
      }
      await store.putCandidate(bytes, owner).catch((error: unknown) => {
        throw new ExpectedError(
          asBefore(
            `${token.file} could not be written (${errorCode(error)}): ${remedyFor(errorCode(error))}.`,
          ),
        );
      });
      return { sha256, changed: true };
    });
  } finally {
    await store.close();
  }
}

/** Puts the token of the file that is there into the environment file. */
export async function syncEnvironment(token: HostToken, id: string, environment: EnvironmentFile) {
  await requireRotationLock(token.file, id);
  const found = await readRegularFile(token.file, MAX_TOKEN_FILE_BYTES);
  const { oauth, complaints } = judgeCandidate(found, rulesOf(token));
  if (oauth === undefined) throw new ExpectedError(complaints);
  return { changed: [...(await writeVariables(environment, textOf(oauth, "accessToken")))] };
}

function rulesOf({ file, uids, gate }: HostToken) {
  return { file, allowRefreshToken: gate.allowRefreshToken, uids, nowMs: Date.now() };
}

function remedyFor(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT") return "free some space there, then run this again";
  if (code === "EROFS") return "its file system is mounted read-only; look at the host's kernel log";
  return "check the rights of its folder";
}

function asBefore(sentence: string): string {
  return `${sentence} The file is as it was, and no container was touched.`;
}
