/** The stand-in's side that tests and people speak to: issue tokens, take them back, misbehave, read the log. */
import * as z from "zod";
import type { Accounts } from "./accounts.ts";
import { type Answer, json } from "./answers.ts";
import { type Behaviours, behaviourRule } from "./behaviours.ts";
import type { LoginCodes } from "./login-codes.ts";
import type { RequestLog } from "./request-log.ts";
import type { Grant } from "./tokens.ts";

const organization = z.strictObject({ uuid: z.string(), name: z.string() });
const issue = z.strictObject({
  email: z.email(),
  organization: organization.optional(),
  subscription: z.string().optional(),
  /** Milliseconds since 1970; may lie in the past. */
  expiresAt: z.int().optional(),
});
const selector = z.union([
  z.strictObject({ sha256: z.string() }),
  z.strictObject({ email: z.string(), kind: z.enum(["access", "refresh", "setup"]).optional() }),
]);
const expiry = z.strictObject({ tokens: selector, at: z.int().optional() });

/** What the control endpoint works on. */
export interface ControlTarget {
  readonly accounts: Accounts;
  readonly behaviours: Behaviours;
  readonly codes: LoginCodes;
  readonly log: RequestLog;
}

/**
 * Answers one authenticated request. Bodies and answers are JSON; an unknown key is an error with its name.
 *
 * - `GET health`
 * - `POST logins`, `{email, organization?, subscription?, expiresAt?}`: a grant with its tokens, and the account
 * - `POST login-codes`, `{email}`: what a browser would show that person, for pasting into `claude auth login`
 * - `POST setup-tokens`, the same body: the content of a token file
 * - `GET tokens`: all that were issued, by sha256
 * - `POST revoke`, `{sha256}` or `{email, kind?}`: how many were revoked
 * - `POST expire`, `{tokens, at?}`, with `tokens` as the body of `revoke`: how many expire then
 * - `GET`, `POST`, `DELETE behaviours`: see behaviours.ts
 * - `POST release`: lets go of the answers that rules hold
 * - `GET requests?after=N`, `DELETE requests`
 * @param path below `/control/`
 */
export function answerControl(
  method: string,
  path: string,
  query: URLSearchParams,
  body: unknown,
  target: ControlTarget,
): Answer {
  const { accounts, behaviours, codes, log } = target;
  switch (`${method} ${path}`) {
    case "GET health":
      return json(200, { ok: true, pid: process.pid });
    case "POST logins":
      return parsed(issue, body, ({ email, expiresAt, ...rest }) => {
        const account = accounts.account(email, rest.organization, rest.subscription);
        return { claudeAiOauth: oauthObject(accounts.login(account, expiresAt)), account };
      });
    case "POST login-codes":
      return parsed(z.strictObject({ email: z.email() }), body, ({ email }) => ({
        code: codes.issue(email),
      }));
    case "POST setup-tokens":
      return parsed(issue, body, (request) => tokenFile(accounts, request));
    case "GET tokens":
      return json(200, { tokens: accounts.tokens });
    case "POST revoke":
      return parsed(selector, body, (tokens) => ({ revoked: accounts.revoke(tokens) }));
    case "POST expire":
      return parsed(expiry, body, ({ tokens, at }) => ({ expired: accounts.expire(tokens, at) }));
    case "GET behaviours":
      return json(200, { rules: behaviours.rules });
    case "POST behaviours":
      return parsed(behaviourRule, body, (rule) => {
        behaviours.add(rule);
        return { rules: behaviours.rules };
      });
    case "DELETE behaviours":
      behaviours.clear();
      return json(200, { rules: [] });
    case "POST release":
      behaviours.release();
      return json(200, { rules: behaviours.rules });
    case "GET requests":
      return json(200, { requests: log.since(Number(query.get("after") ?? 0)) });
    case "DELETE requests":
      log.clear();
      return json(200, { requests: [] });
    default:
      return json(404, {
        error: `${method} /control/${path} is unknown; the commands stand in dev/stand-ins/anthropic/control.ts`,
      });
  }
}

/** Returns the content of a token file with a fresh setup token. */
function tokenFile(accounts: Accounts, { email, expiresAt, ...rest }: z.infer<typeof issue>) {
  const account = accounts.account(email, rest.organization, rest.subscription);
  const { token, entry } = accounts.setupToken(account, expiresAt);
  return {
    claudeAiOauth: {
      accessToken: token,
      expiresAt: entry.expiresAt,
      scopes: entry.scopes,
      subscriptionType: account.subscription,
    },
  };
}

/** Returns the object that Claude Code keeps as `claudeAiOauth` in its credentials file after a login. */
function oauthObject(grant: Grant): Readonly<Record<string, unknown>> {
  return {
    accessToken: grant.accessToken,
    refreshToken: grant.refreshToken,
    expiresAt: grant.expiresAt,
    refreshTokenExpiresAt: grant.refreshTokenExpiresAt,
    scopes: grant.scopes,
    subscriptionType: grant.account.subscription,
    rateLimitTier: "default_claude_max_5x",
  };
}

function parsed<T>(shape: z.ZodType<T>, body: unknown, act: (value: T) => unknown): Answer {
  const result = shape.safeParse(body);
  return result.success ? json(200, act(result.data)) : json(400, { error: z.prettifyError(result.error) });
}
