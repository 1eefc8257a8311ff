/** The messages between the host program and its process that runs as a user. Both run the same program version. */
import * as z from "zod";
import { text } from "../../contract/fields.ts";
import { tokenObservation } from "../../contract/workstation.ts";

/** A task, sent as one JSON text on standard input. */
export const userTask = z.strictObject({
  /** The name by which Vault knows the user. */
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
  /** Why the process must not ask Vault; null when it may. */
  vaultAway: text(500).nullable(),
  /** The token to store; null for every task but `enrol`. */
  wrapped: z.strictObject({ token: text(4096), accessor: text(200) }).nullable(),
});
export type UserTask = z.infer<typeof userTask>;

/** The answer to `observe` and `prepare`. It is the user's claim, and can harm no other user. */
export const userAccount = z.strictObject({
  credential: z.enum(["none", "blank", "corrupt", "unreadable", "usable"]),
  /** The fingerprint of a usable login; null when there is none. */
  fingerprint: text(64).nullable(),
  /** Whether the agent has seen a usable login here before. */
  history: z.boolean(),
  claude: text(4096).nullable(),
  token: tokenObservation,
  /** Accessors of tokens that may still live: the recorded accessor, and that of the token file. */
  accessors: z.array(text(200)).max(2),
});
export type UserAccount = z.infer<typeof userAccount>;

/** Returns whether this user has never logged in here. A first login is then awaited, and nothing has failed. */
export function awaitsLogin(account: Pick<UserAccount, "credential" | "history">): boolean {
  return ["none", "blank", "corrupt"].includes(account.credential) && !account.history;
}

/** The answer to `repair`: what was repaired, one clause each. */
export const homeRepair = z.strictObject({ repaired: z.array(text(5000)).max(10) });

/** The answer to `enrol`; `why` is a clause. */
export const enrolAnswer = z.union([
  z.strictObject({ enrolled: z.literal(true), accessor: text(200) }),
  z.strictObject({ enrolled: z.literal(false), why: text(1000) }),
]);

/** The answer to `unenrol`. */
export const unenrolAnswer = z.strictObject({ removed: z.boolean() });
