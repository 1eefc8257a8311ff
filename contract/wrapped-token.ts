/**
 * A user's Vault token on its way to the host. The host asks for it (host/workstation/enrol-user.ts). The operator creates
 * it wrapped (remote/enrolment.ts). The user's process unwraps and stores it (host/as-user/store-token.ts).
 */
import * as z from "zod";
import { text } from "./fields.ts";

/** Seconds in which a host must unwrap a token. */
export const WRAP_SECONDS = 300;

/** The answer to `need-token`: a wrapped token, or why there is none. */
export const tokenAnswer = z.union([
  z.strictObject({ user: text(64), wrappedToken: text(4096).min(1), wrappedAccessor: text(200).min(1) }),
  z.strictObject({ user: text(64), error: text(2000) }),
]);
export type TokenAnswer = z.infer<typeof tokenAnswer>;
