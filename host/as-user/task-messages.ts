/** What the host program asks of its process that runs as a user, and what that process answers. */
import * as z from "zod";
import { tokenObservation } from "../../contract/workstation.ts";

const text = (max: number) => z.string().max(max);

/** Sent as one JSON text on standard input. `vaultAway` says why Vault need not be asked at all. */
export const userTask = z.strictObject({
  /** As Vault knows them. */
  user: text(64),
  home: text(4096),
  fleet: text(64),
  host: text(200),
  policy: text(200),
  claude: text(4096).nullable(),
  vault: z.strictObject({
    address: text(2000),
    namespace: text(500),
    caPem: text(1_000_000).nullable(),
    role: text(200),
    tokenPeriodSeconds: z.number(),
    tokenBoundCidrs: z.array(text(64)).max(1000),
    rotateTokensAfterSeconds: z.number().nullable(),
  }),
  vaultAway: text(500).nullable(),
  /** For `enrol` alone. */
  wrapped: z.strictObject({ token: text(4096), accessor: text(200) }).nullable(),
});
export type UserTask = z.infer<typeof userTask>;

/** What `observe` and `prepare` answer. The user's claims: they can only harm that user. */
export const userAccount = z.strictObject({
  credential: z.enum(["none", "blank", "corrupt", "unreadable", "usable"]),
  /** Fingerprint of a usable login, which tells it from another one; null without. */
  fingerprint: text(64).nullable(),
  /** Whether a usable login has been seen here before. */
  history: z.boolean(),
  claude: text(4096).nullable(),
  token: tokenObservation,
  /** Accessors that may still be alive: the recorded one and that of the token at hand. */
  accessors: z.array(text(200)).max(2),
});
export type UserAccount = z.infer<typeof userAccount>;

/** Whether this user has never logged in here: a first login is awaited, and nothing has failed. */
export function awaitsLogin(account: Pick<UserAccount, "credential" | "history">): boolean {
  return ["none", "blank", "corrupt"].includes(account.credential) && !account.history;
}

/** What `mend` answers: what was not as it should be, one clause each. */
export const userMending = z.strictObject({ mended: z.array(text(5000)).max(10) });
export type UserMending = z.infer<typeof userMending>;

/** What `enrol` answers. */
export const enrolAnswer = z.union([
  z.strictObject({ enrolled: z.literal(true), accessor: text(200) }),
  z.strictObject({ enrolled: z.literal(false), why: text(1000) }),
]);

/** What `retire` answers. */
export const retireAnswer = z.strictObject({ removed: z.boolean() });
