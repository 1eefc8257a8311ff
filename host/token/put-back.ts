/** `put-back`: puts the file that passed the gate last, and is not the candidate, in the candidate's place. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { readRegularFile, type FileReading } from "../../lib/atomic-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import type { HostToken, PutBackResult } from "../../contract/token-file.ts";
import type { Session } from "../session.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "./judge-candidate.ts";
import { copiesFolder, copyPath, ApprovedCopies, readApprovedCopies } from "./approved-copies.ts";
import { proveToken, type Caller } from "./prove-token.ts";
import { sha256Of } from "../../lib/sha256.ts";

/**
 * The former file becomes the candidate only after a real call has proven that its token still works: making a new
 * token often ends the old one, and a candidate that is dead would stop the next rollout too.
 * @throws {ExpectedError} when there is no such file or its token is dead; nothing has changed then
 */
export async function putBack(token: HostToken, session: Session): Promise<PutBackResult> {
  const store = await ApprovedCopies.open(token.file);
  try {
    return await store.locked(() => exchangeCandidate(token, store, session));
  } finally {
    await store.close();
  }
}

async function exchangeCandidate(
  token: HostToken,
  store: ApprovedCopies,
  session: Session,
): Promise<PutBackResult> {
  const { file } = token;
  const candidate = await readRegularFile(file, MAX_TOKEN_FILE_BYTES);
  if (candidate.kind === "directory" || candidate.kind === "other") {
    const [complaint = ""] = judgeCandidate(candidate, rulesOf(token)).complaints;
    throw new ExpectedError(unchanged(complaint));
  }
  const from = candidate.kind === "file" ? sha256Of(candidate.content) : null;
  const { copies, memory } = await readApprovedCopies(file);
  const to = memory.passed.find((digest) => digest !== from);
  const copy = copies.find(({ sha256 }) => sha256 === to);
  if (to === undefined || copy === undefined) {
    throw new ExpectedError(
      unchanged(
        `No other file than ${file} itself is known here to go back to; put a fresh one in its place.`,
      ),
    );
  }
  const former = await readRegularFile(copyPath(file, copy), MAX_TOKEN_FILE_BYTES);
  const owner = await ownerOf(token, candidate, copy.uid);
  const judged = judgeCandidate(former, rulesOf(token));
  const whole = former.kind === "file" && sha256Of(former.content) === to;
  if (!whole || judged.oauth === undefined) {
    throw new ExpectedError(
      unchanged(
        `${copyPath(file, copy)} has been changed since it was stored; put a fresh file in the place of ${file}.`,
      ),
    );
  }
  if (judged.complaints.length > 0) throw new ExpectedError(judged.complaints.map(unchanged));

  session.progress(`asking the API with the former token, ${to.slice(0, 12)}`);
  const refusal = await proveToken(judged.oauth, token.gate, callerOf(file, owner));
  if (refusal !== undefined) {
    throw new ExpectedError(unchanged(`The former token ${to.slice(0, 12)} is no way back. ${refusal}`));
  }
  await store.putCandidate(former.content, owner);
  return { file, from, to };
}

/** Who keeps the file there, or where it is gone its folder; never root by the mistake that the gate refuses. */
export async function ownerOf(
  { file, uids }: HostToken,
  candidate: FileReading,
  reader: number,
): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = candidate.kind === "file" ? candidate.stat : await stat(dirname(file));
  return uid === 0 && !uids.includes(0) ? { uid: reader, gid: reader } : { uid, gid };
}

function callerOf(file: string, owner: { readonly uid: number; readonly gid: number }): Caller {
  const scratchParent = process.getuid?.() === 0 ? "/run" : copiesFolder(file);
  return { ...owner, scratchParent };
}

function rulesOf({ file, uids, gate }: HostToken) {
  return { file, allowRefreshToken: gate.allowRefreshToken, uids, nowMs: Date.now() };
}

function unchanged(sentence: string): string {
  return `${sentence} The file is left as it is, and no container was touched.`;
}
