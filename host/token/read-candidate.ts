/** The candidate of a token: what lies at the place of its token file, and who owns that. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { HostToken } from "../../contract/token-file.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "./candidate-rules.ts";
import { readRegularFile, type FileReading } from "../../lib/regular-file.ts";

/** Reads and judges the candidate. Its digest is null when no regular file lies there. Never throws for what lies there. */
export async function readCandidate(token: HostToken) {
  const reading = await readRegularFile(token.file, MAX_TOKEN_FILE_BYTES);
  const sha256 = reading.kind === "file" ? sha256Of(reading.content) : null;
  return { ...judgeCandidate(reading, token), reading, sha256 };
}

/**
 * Returns who must own a file that replaces the candidate: the owner of the candidate, or of its folder when there is no
 * file. A reader of the token owns it instead of root, because the gate refuses root's file.
 * @param reader uid of a user who reads the token
 */
export async function candidateOwner(
  { file, uids }: HostToken,
  candidate: FileReading,
  reader: number,
): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = candidate.kind === "file" ? candidate.stat : await stat(dirname(file));
  return uid === 0 && !uids.includes(0) ? { uid: reader, gid: reader } : { uid, gid };
}

/** Says after a failure that the candidate was not replaced. */
export function unchanged(sentence: string): string {
  return `${sentence} The file is as it was, and no container was touched.`;
}
