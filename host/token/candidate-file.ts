/** The candidate of a token: what lies at the place of its token file, and who owns that. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { HostToken } from "../../contract/token-file.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { judgeCandidate, type CandidateJudgement } from "./judge-candidate.ts";
import { readRegularFile, type FileReading } from "../../lib/regular-file.ts";

/** A larger file is no token file. */
export const MAX_TOKEN_FILE_BYTES = 1024 * 1024;

/** Holds what was read at the place of a token file, and what the gate would say of it. */
export interface Candidate extends CandidateJudgement {
  readonly reading: FileReading;
  /** The digest of the file; null when no regular file lies there. */
  readonly sha256: string | null;
}

/** Reads and judges the candidate. Never throws for what lies there. */
export async function readCandidate(token: HostToken): Promise<Candidate> {
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
