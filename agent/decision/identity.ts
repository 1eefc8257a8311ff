/** Whose login it is: the profile that the CLI fetched in this very probe, and nothing older. Pure. */
import * as z from "zod";
import { parseJson } from "../../lib/parse-json.ts";

/** Who the roster says the login belongs to. */
export interface Owner {
  readonly email: string;
  /** UUID of the organization; undefined: any. */
  readonly organization: string | undefined;
}

/** Who the login belongs to, as its profile says. */
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

/**
 * The identity in a `.claude.json`, if the CLI fetched it between these moments; else undefined, which is not a
 * mismatch. The file keeps the profile of a former login until it is fetched anew, and `claude auth status` repeats it.
 */
export function identityIn(text: string, from: number, to: number): Identity | undefined {
  const parsed = configuration.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { emailAddress, organizationUuid, profileFetchedAt } = parsed.data.oauthAccount;
  if (profileFetchedAt < from || profileFetchedAt > to) return undefined;
  return { email: emailAddress, organization: organizationUuid ?? null };
}

/** How an identity differs from the roster's, both named, as a clause; undefined when it does not. */
export function mismatch(owner: Owner, identity: Identity): string | undefined {
  if (identity.email.toLowerCase() !== owner.email.toLowerCase()) {
    return `the login belongs to ${identity.email}, the roster says ${owner.email}`;
  }
  const { organization } = identity;
  if (owner.organization === undefined || organization === null) return undefined;
  return organization.toLowerCase() === owner.organization.toLowerCase()
    ? undefined
    : `the login belongs to the organization ${organization}, the roster says ${owner.organization}`;
}

/** Whether to find out whose a login is: nobody knows, or it was somebody else's and the file may be another one's since. */
export function needsIdentity(owner: Owner, known: Identity | null): boolean {
  return known === null || mismatch(owner, known) !== undefined;
}
