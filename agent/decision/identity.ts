/** Whose login it is. Only a profile that the CLI fetched during the probe counts. Pure. */
import * as z from "zod";
import { parseJson } from "../../lib/parse-json.ts";

/** The person to whom the login belongs, as the roster says. */
export interface Owner {
  readonly email: string;
  /** UUID of the organization; undefined: any. */
  readonly organization: string | undefined;
}

/** The person to whom the login belongs, as its profile says. */
export interface Identity {
  readonly email: string;
  readonly organization: string | null;
}

const configuration = z.object({
  oauthAccount: z.object({
    emailAddress: z.string().min(1).max(320),
    organizationUuid: z.string().max(100).nullish(),
    profileFetchedAt: z.number(),
  }),
});

/** When a probe began and ended, and how long it may have taken at most. All in milliseconds. */
export interface ProbeTimes {
  readonly from: number;
  readonly to: number;
  readonly longest: number;
}

/**
 * Returns the identity in a `.claude.json`; undefined when the CLI did not fetch it during the probe, or when the clock was
 * set meanwhile. Undefined is not a
 * mismatch: the file keeps the profile of a former login until the CLI fetches it again.
 */
export function identityIn(text: string, { from, to, longest }: ProbeTimes): Identity | undefined {
  const parsed = configuration.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { emailAddress, organizationUuid, profileFetchedAt } = parsed.data.oauthAccount;
  if (to - from > longest || profileFetchedAt < from || profileFetchedAt > to) return undefined;
  return { email: emailAddress, organization: organizationUuid ?? null };
}

/** Returns a sentence that names both identities where they differ; undefined where they do not. */
export function mismatch(owner: Owner, identity: Identity): string | undefined {
  if (identity.email.toLowerCase() !== owner.email.toLowerCase()) {
    return `The login belongs to ${identity.email}, but the roster says ${owner.email}.`;
  }
  const { organization } = identity;
  if (owner.organization === undefined || organization === null) return undefined;
  return organization.toLowerCase() === owner.organization.toLowerCase()
    ? undefined
    : `The login belongs to the organization ${organization}, but the roster says ${owner.organization}.`;
}

/** Whether to ask whose the login is: that is unknown, or it was another person's and the file may have changed since. */
export function needsIdentity(owner: Owner, known: Identity | null): boolean {
  return known === null || mismatch(owner, known) !== undefined;
}
