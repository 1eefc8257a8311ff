/** Decides whether a candidate may become what containers mount: every reason to refuse it before a call is made. */
import { numberOf } from "../../claude/credentials.ts";
import type { HostToken } from "../../contract/token-file.ts";
import { parseTokenFile, type TokenContent } from "./parse-token-file.ts";
import { octalMode, type FileReading } from "../../lib/regular-file.ts";

/** A larger file is no token file. */
export const MAX_TOKEN_FILE_BYTES = 1024 * 1024;

/** What of a token's plan decides about its candidate. */
type CandidateRules = Pick<HostToken, "file" | "uids"> & {
  readonly gate: Pick<HostToken["gate"], "allowRefreshToken">;
};

/**
 * Judges what was read at the place of a token file. `complaints` say in one sentence each why the candidate is refused and
 * what to do; a candidate without complaints may be proven by a call. `oauth` is undefined when the file holds no token.
 */
export function judgeCandidate(reading: FileReading, rules: CandidateRules) {
  if (reading.kind !== "file") {
    return { kind: undefined, oauth: undefined, complaints: [`${rules.file} ${notAFile(reading)}.`] };
  }
  const content = parseTokenFile(reading.content.toString("utf8"));
  const complaints = [...attributeComplaints(reading.stat, rules), ...contentComplaints(content, rules)];
  return { kind: content.kind, oauth: content.kind === "invalid" ? undefined : content.oauth, complaints };
}

function attributeComplaints(
  stat: { readonly mode: number; readonly uid: number },
  { file, uids }: CandidateRules,
): string[] {
  const found: string[] = [];
  if ((stat.mode & 0o077) !== 0) {
    found.push(
      `${file} has the mode ${octalMode(stat)}, so that others than its owner can use it; run \`chmod 600 ${file}\` there.`,
    );
  }
  // `sudo cp` leaves such a file. The login that keeps the token could not replace it the next time.
  if (stat.uid === 0 && !uids.includes(0)) {
    const readers = `uid ${uids.join(" and ")}`;
    found.push(
      `${file} belongs to root, and not to the user who keeps it nor to its reader (${readers}); run \`chown\` on it there.`,
    );
  }
  return found;
}

function contentComplaints(
  content: TokenContent,
  { file, gate: { allowRefreshToken } }: CandidateRules,
): string[] {
  if (content.kind === "invalid") {
    return [`${file} is not a token file: ${content.why}; put a fresh credentials file there.`];
  }
  const found: string[] = [];
  const expiresAt = numberOf(content.oauth, "expiresAt") ?? 0;
  if (expiresAt <= Date.now()) {
    const when = new Date(expiresAt).toISOString();
    found.push(`${file} has expired (at ${when}); put a fresh credentials file there.`);
  }
  if (content.kind === "login" && !allowRefreshToken) {
    found.push(
      `${file} holds a refresh token: it is single-use, and the first container to use it would lose its successor on a read-only mount. Use a token of \`claude setup-token\`, or set \`gate.allowRefreshToken: true\`.`,
    );
  }
  return found;
}

/** Says what lies there instead of a file, and what to do about it, without the full stop. */
function notAFile(reading: Exclude<FileReading, { kind: "file" }>): string {
  switch (reading.kind) {
    case "missing":
      return "is missing; put the token file there";
    case "unreadable":
      return unreadable(reading.why);
    case "directory":
      return "is a folder instead of a file, as a container engine creates it for a missing mount; remove it, and put the token file itself there";
    case "symlink":
      return "is a link instead of a file; move it away, and put the token file itself there";
    case "other":
      return `is ${reading.what} instead of a file; move it away, and put the token file itself there`;
  }
}

function unreadable(why: string): string {
  if (why === "EACCES" || why === "EPERM") {
    return `cannot be read by this login (${why}); set \`become: sudo -n\` for the token's host, or correct its rights`;
  }
  return `cannot be read: ${why}; put the token file there again`;
}
