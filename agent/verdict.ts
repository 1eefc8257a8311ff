/** What a probe's end means. Pure: the credential file's transition first, then the API's status, then the text. */
import { z } from "zod";
import { credentialKind, fingerprint, type CredentialState } from "./credentials.ts";
import type { RunClass } from "./exit-codes.ts";
import type { ProbeEnd } from "./probe.ts";

/** A class, and the reason in words. */
export interface Verdict {
  readonly class: RunClass;
  readonly why: string | undefined;
}

/** The CLI's answer with `--output-format json`; every error is one too, with `subtype` "success". */
const answer = z.object({
  type: z.literal("result"),
  is_error: z.boolean(),
  api_error_status: z.number().nullish(),
  result: z.string().default(""),
});
type Answer = z.infer<typeof answer>;

/** Judges a probe that was made with a usable login. */
export function judgeProbe(end: ProbeEnd, before: CredentialState, after: CredentialState): Verdict {
  if (end.kind === "not-started")
    return { class: "tooling", why: `the CLI could not be started: ${end.why}` };
  if (end.kind === "stuck")
    return { class: "stuck", why: "the CLI has not ended in time and was left to itself" };
  if (end.signal !== null) {
    return {
      class: "interrupted",
      why: `the CLI was ended by ${end.signal}; its refresh may have been lost`,
    };
  }
  const said = parseAnswer(end.stdout);
  if (said === undefined) {
    const words = end.stderr.trim() || "it said nothing";
    return { class: "tooling", why: `the CLI gave no answer (exit code ${end.code}): ${words}` };
  }
  if (!said.is_error) {
    if (end.code === 0) return { class: "ok", why: undefined };
    return {
      class: "tooling",
      why: `the CLI answered, but ended with exit code ${end.code}: is the disk full?`,
    };
  }
  return judgeError(said, before, after);
}

function judgeError(said: Answer, before: CredentialState, after: CredentialState): Verdict {
  const words = said.result;
  const status = said.api_error_status ?? null;
  if (after.kind === "blank") return { class: "auth-dead", why: `the login was refused for good: ${words}` };
  if (after.kind !== "usable" || before.kind !== "usable") return { class: "unknown", why: words };
  if (status === 401 || (status === 403 && /revoked|does not have access/i.test(words))) {
    if (fingerprint(before.oauth) !== fingerprint(after.oauth)) {
      return { class: "rejected", why: `a token that was just refreshed is refused: ${words}` };
    }
    return credentialKind(after.oauth) === "setup-token"
      ? { class: "auth-dead", why: `the token is refused and cannot be refreshed: ${words}` }
      : { class: "refresh", why: `the token is refused and its refresh failed, which may pass: ${words}` };
  }
  if (status === 403 || (status === 400 && /credit/i.test(words)))
    return { class: "org-policy", why: `${status}: ${words}` };
  if (status === 404) return { class: "tooling", why: words };
  if (status === 429) {
    const limit = /hit your .*limit/i.test(words);
    return { class: limit ? "limit" : "transient", why: words };
  }
  if (status !== null) return { class: status >= 500 ? "transient" : "unknown", why: `${status}: ${words}` };
  if (/another .*refreshing/i.test(words)) return { class: "lock", why: words };
  if (/not logged in|expired/i.test(words))
    return { class: "tooling", why: `the CLI does not accept the file: ${words}` };
  if (/connect|network|timed? ?out|DNS|reach|socket|ECONN|ENOTFOUND|EAI_AGAIN/i.test(words)) {
    return { class: "transient", why: words };
  }
  return { class: "unknown", why: words };
}

function parseAnswer(stdout: string): Answer | undefined {
  try {
    return answer.parse(JSON.parse(stdout));
  } catch {
    return undefined;
  }
}
