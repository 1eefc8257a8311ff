/** A proposed roster as far as a preview with credentials may take it: its users, never where hosts are and how they are opened. */
import { isMap, parseDocument } from "yaml";
import { ExpectedError } from "../../lib/expected-error.ts";

/**
 * The protected roster with the users of a proposed one. Workstations say which programs the operator's machine runs
 * and which hosts it opens, so they stay as they are until somebody has merged the proposal.
 * @returns the text, and whether the proposal would change workstations, too
 * @throws {ExpectedError} when either is no roster
 */
export function withUsersOf(
  roster: string,
  proposed: string,
): { readonly text: string; readonly otherWorkstations: boolean } {
  const [ours, theirs] = [read(roster, "the roster"), read(proposed, "the proposed roster")];
  const merged = { workstations: ours["workstations"], users: theirs["users"] };
  const otherWorkstations = JSON.stringify(ours["workstations"]) !== JSON.stringify(theirs["workstations"]);
  return { text: `${JSON.stringify(merged, null, 2)}\n`, otherWorkstations };
}

/** What the loader refuses stays in it, for the loader to refuse; an alias, which JSON has none of, becomes its value. */
function read(text: string, what: string): Record<string, unknown> {
  const document = parseDocument(text, { uniqueKeys: true, merge: false });
  const [error] = document.errors;
  if (error !== undefined || !isMap(document.contents)) {
    throw new ExpectedError(
      `${what} is no YAML map${error === undefined ? "" : `: ${error.message.split("\n")[0]}`}.`,
    );
  }
  return document.toJS({ maxAliasCount: 1000 }) as Record<string, unknown>;
}
