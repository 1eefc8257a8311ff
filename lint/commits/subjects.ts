/** Finds commits whose subject is too long. */
import { command } from "../../lib/process.ts";

/** The last commit before the rule. */
const LAST_FREE = "3e7949f67ec8521cd84a2293543dcf6aadd3e4ec";

const MAX_CHARACTERS = 72;

/** A commit that breaks the rule. */
export interface LongSubject {
  /** Abbreviated. */
  readonly commit: string;
  readonly subject: string;
  readonly length: number;
}

/**
 * Returns the commits since `lastFree` whose subject is too long, the newest first. A shallow clone may lack that commit:
 * then every commit that it has is checked. The subject of a merge is not ours to choose.
 */
export async function longSubjects(
  folder: string,
  lastFree: string = LAST_FREE,
): Promise<readonly LongSubject[]> {
  const git = (...args: readonly string[]) => command("git", ["-C", folder, ...args]);
  const known = (await git("rev-list", "--ignore-missing", "--max-count=1", lastFree)) !== "";
  const range = known ? [`${lastFree}..HEAD`] : ["HEAD"];
  const log = await git("log", "--no-merges", "--format=%h %s", ...range);
  return log.split("\n").flatMap((line) => {
    const [, commit = "", subject = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
    const { length } = [...subject];
    return length > MAX_CHARACTERS ? [{ commit, subject, length }] : [];
  });
}
