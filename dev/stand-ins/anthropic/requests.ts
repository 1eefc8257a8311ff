/** Describes a request to the stand-in's API and its answer. */
import { type Accounts } from "./accounts.ts";
import { type Answer } from "./answers.ts";
import type { Asker, Behaviours } from "./behaviours.ts";
import type { LoginCodes } from "./login-codes.ts";
import { sha256 } from "./tokens.ts";

/** What the API answers from. */
export interface ApiTarget {
  readonly accounts: Accounts;
  readonly behaviours: Behaviours;
  readonly codes: LoginCodes;
}

/** A request, read and unpacked. */
export interface ApiRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An answer, how long to wait with it, and what the log should know of the body. */
export interface ApiResult {
  readonly answer: Answer;
  readonly delayMs: number;
  /** Whether it waits for a release. */
  readonly hold?: boolean;
  readonly noted: Readonly<Record<string, string>>;
}

/** What a request authenticates with, and by which header; undefined when with nothing. */
export function credentialOf(
  headers: ApiRequest["headers"],
): { readonly header: "authorization" | "x-api-key"; readonly token: string } | undefined {
  const bearer = /^Bearer (.+)$/.exec(String(headers.authorization ?? ""))?.[1];
  if (bearer !== undefined) return { header: "authorization", token: bearer };
  const key = headers["x-api-key"];
  return typeof key === "string" ? { header: "x-api-key", token: key } : undefined;
}

export function askerOf(token: string | undefined, accounts: Accounts): Asker {
  if (token === undefined) return { email: undefined, sha256: undefined };
  return { email: accounts.owner(token), sha256: sha256(token) };
}
