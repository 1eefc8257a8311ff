/** Whether what lies at a token file's place may become what containers mount. Pure; preview and gate ask the same. */
import { numberOf, type OauthObject } from "../../claude/credentials.ts";
import type { FileReading } from "../../lib/atomic-file.ts";
import { parseTokenFile, type TokenContent } from "./parse-token-file.ts";

/** Bytes beyond which a file is no token file. */
export const MAX_TOKEN_FILE_BYTES = 1024 * 1024;

/** What else the gate asks of a candidate. */
export interface CandidateRules {
  readonly file: string;
  readonly allowRefreshToken: boolean;
  /** Users who read the token inside the containers. */
  readonly uids: readonly number[];
  readonly nowMs: number;
}

/** What was found there; without complaints it is a token file. */
export interface CandidateJudgement {
  /** Undefined when it is no regular file. */
  readonly kind: TokenContent["kind"] | undefined;
  readonly oauth: OauthObject | undefined;
  /** What speaks against it before any call is made, one sentence each, with what to do. */
  readonly complaints: readonly string[];
}

/** Judges what was read at the place. */
export function judgeCandidate(reading: FileReading, rules: CandidateRules): CandidateJudgement {
  if (reading.kind !== "file") {
    return { kind: undefined, oauth: undefined, complaints: [`${rules.file} ${notAFile(reading)}.`] };
  }
  const content = parseTokenFile(reading.content.toString("utf8"));
  const complaints = [...attributeComplaints(reading.stat, rules), ...contentComplaints(content, rules)];
  return { kind: content.kind, oauth: content.kind === "invalid" ? undefined : content.oauth, complaints };
}

function attributeComplaints(
  { mode, uid }: { readonly mode: number; readonly uid: number },
  { file, uids }: CandidateRules,
): string[] {
  const found: string[] = [];
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o7777).toString(8).padStart(4, "0");
    found.push(
      `${file} has the mode ${octal}, so that others than its owner can use it; run \`chmod 600 ${file}\` there.`,
    );
  }
  // A `sudo cp` leaves such a file: the login that keeps the token could not replace it the next time.
  if (uid === 0 && !uids.includes(0)) {
    const readers = `uid ${uids.join(" and ")}`;
    found.push(
      `${file} belongs to root, and not to the user who keeps it nor to who reads it (${readers}); run \`chown\` on it there.`,
    );
  }
  return found;
}

function contentComplaints(
  content: TokenContent,
  { file, allowRefreshToken, nowMs }: CandidateRules,
): string[] {
  if (content.kind === "invalid") {
    return [`${file} is not a token file: ${content.why}; put a fresh credentials file there.`];
  }
  const found: string[] = [];
  const expiresAt = numberOf(content.oauth, "expiresAt") ?? 0;
  if (expiresAt <= nowMs) {
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

/** What lies there instead, and what to do about it, without the full stop. */
function notAFile(reading: Exclude<FileReading, { kind: "file" }>): string {
  switch (reading.kind) {
    case "missing":
      return "is missing; put the token file there";
    case "unreadable":
      return unreadable(reading.why);
    case "directory":
      return "is a folder instead of a file, as a container engine makes it for a missing mount; remove it, and put the token file itself there";
    case "symlink":
      return "is a link instead of a file; move it away, and put the token file itself there";
    case "other":
      return "is a device, pipe or socket instead of a file; move it away, and put the token file itself there";
  }
}

function unreadable(why: string): string {
  if (why === "EACCES" || why === "EPERM") {
    return `cannot be read by this login (${why}); set \`become: sudo -n\` for the token's host, or correct its rights`;
  }
  return `cannot be read: ${why}; put the token file there anew`;
}
