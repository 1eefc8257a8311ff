/** What an answer of Vault, or its silence, means. */
import * as z from "zod";
import { plainText } from "./printable.ts";

/**
 * What Vault's refusal or silence means. Only `notFound` says that something does not exist. After `sealed`, `unreachable`
 * and `failed` nothing may be concluded. Texts are safe to print: they never hold a token.
 */
export type VaultFailure =
  /** A real 404. `version` is the version of a deleted KV entry, which a check-and-set write must name; else 0. */
  | { readonly kind: "notFound"; readonly version: number }
  /** 403: the token is dead, or its policies do not allow the call. */
  | { readonly kind: "forbidden"; readonly why: string }
  /** A check-and-set write found another version than it named. */
  | { readonly kind: "conflict" }
  | { readonly kind: "sealed" }
  | { readonly kind: "unreachable"; readonly why: string }
  | { readonly kind: "failed"; readonly status: number; readonly why: string };

export type VaultResult<T> = { readonly kind: "ok"; readonly value: T } | VaultFailure;

const errorBody = z.object({ errors: z.array(z.string()) });

/** Returns what a refusal means. @param token the token of the request; it is removed from all texts */
export function failureOf(status: number, body: unknown, token: string | undefined): VaultFailure {
  const parsed = errorBody.safeParse(body);
  const errors = parsed.success ? parsed.data.errors : [];
  const why = safeText(errors.join("; ") || "no reason was given", token);
  if (status === 403) return { kind: "forbidden", why };
  if (status === 503 && /sealed/i.test(why)) return { kind: "sealed" };
  // Vault's own 404 has an empty list of errors. A missing mount and a proxy's page do not.
  if (status === 404 && parsed.success && errors.length === 0) return { kind: "notFound", version: 0 };
  return { kind: "failed", status, why };
}

function safeText(text: string, token: string | undefined): string {
  const withoutOwn = token ? text.replaceAll(token, "<token>") : text;
  return plainText(withoutOwn.replace(/\b(?:hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20,}/g, "<token>"), 300);
}

/** Returns a failure as a clause, for a sentence such as "Vault …". */
export function describeFailure(failure: VaultFailure): string {
  switch (failure.kind) {
    case "notFound":
      return "has no such entry";
    case "forbidden":
      return `answered 403 (${failure.why})`;
    case "conflict":
      return "holds a newer version than the one read";
    case "sealed":
      return "is sealed or not initialised";
    case "unreachable":
      return `cannot be reached (${failure.why})`;
    case "failed":
      return `answered ${failure.status} (${failure.why})`;
  }
}
