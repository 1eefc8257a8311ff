/** `put-back`: replaces the candidate by the file that passed the gate before it. */
import type { ResultOf } from "../../contract/actions.ts";
import type { HostToken } from "../../contract/token-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { sha256Of } from "../../lib/sha256.ts";
import type { Session } from "../session.ts";
import { ApprovedCopies, copiesFolder, copyPath, readApprovedCopies } from "./approved-copies.ts";
import { candidateOwner, readCandidate, unchanged } from "./read-candidate.ts";
import { judgeCandidate, MAX_TOKEN_FILE_BYTES } from "./candidate-rules.ts";
import { proveToken, scratchParent } from "./prove-token.ts";
import { readRegularFile } from "../../lib/regular-file.ts";

/**
 * Puts the previous file back after a real call has proven its token. A new token often ends the old one, and a dead
 * candidate would stop the next rollout, too.
 * @throws {ExpectedError} when there is no previous file or its token is dead; nothing has changed then
 */
export function putBack(token: HostToken, session: Session): Promise<ResultOf<"put-back">> {
  return ApprovedCopies.withLock(token.file, (store) => replaceCandidate(token, store, session));
}

async function replaceCandidate(
  token: HostToken,
  store: ApprovedCopies,
  session: Session,
): Promise<ResultOf<"put-back">> {
  const { file } = token;
  const candidate = await readCandidate(token);
  if (candidate.reading.kind === "directory" || candidate.reading.kind === "other") {
    throw new ExpectedError(unchanged(candidate.complaints[0] ?? ""));
  }
  const from = candidate.sha256;
  const { copies, gateRecord } = await readApprovedCopies(file);
  const to = gateRecord.passed.find((digest) => digest !== from);
  const copy = copies.find(({ sha256 }) => sha256 === to);
  if (to === undefined || copy === undefined) {
    throw new ExpectedError(
      unchanged(`The gate has passed no other file than ${file} itself; put a fresh file in its place.`),
    );
  }
  const previous = await readRegularFile(copyPath(file, copy), MAX_TOKEN_FILE_BYTES);
  const owner = await candidateOwner(token, candidate.reading, copy.uid);
  const judged = judgeCandidate(previous, token);
  if (previous.kind !== "file" || sha256Of(previous.content) !== to || judged.oauth === undefined) {
    throw new ExpectedError(
      unchanged(
        `${copyPath(file, copy)} has been changed since it was stored; put a fresh file in the place of ${file}.`,
      ),
    );
  }
  if (judged.complaints.length > 0) throw new ExpectedError(judged.complaints.map(unchanged));

  session.progress(`asking the API with the previous token, ${to.slice(0, 12)}`);
  const caller = { ...owner, scratchParent: scratchParent(copiesFolder(file)) };
  const refusal = await proveToken(judged.oauth, token.gate, caller);
  if (refusal !== undefined) {
    throw new ExpectedError(
      unchanged(`The previous token ${to.slice(0, 12)} cannot be put back. ${refusal}`),
    );
  }
  await store.putCandidate(previous.content, owner);
  return { file, from, to };
}
