/** What one real call of the API says about the credential that it was made with. */

/**
 * `ok`: the API accepted the credential. `refused`: the credential is dead. `not-allowed`: the organisation or its credit.
 * `limit`: a usage limit. `upstream`: the API or the way to it is in trouble. `unknown`: anything else, which proves nothing.
 */
export const CALL_OUTCOMES = ["ok", "refused", "not-allowed", "limit", "upstream", "unknown"] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** How a call ended; `why` is a clause that may quote the server, and is empty for `ok`. */
export interface CallEnd {
  readonly outcome: CallOutcome;
  readonly why: string;
}
