/** Answers the OAuth endpoint: logins, setup tokens and refreshes. */
import * as z from "zod";
import { type Answer, INVALID_GRANT, json, refreshFailure } from "./answers.ts";
import { parseJson } from "../../../lib/parse-json.ts";
import { askerOf, type ApiRequest, type ApiResult, type ApiTarget } from "./requests.ts";
import { sha256, type Account, type Grant, type TokenEntry } from "./tokens.ts";

const tokenBody = z.discriminatedUnion("grant_type", [
  z.object({
    grant_type: z.literal("refresh_token"),
    refresh_token: z.string(),
    scope: z.string().optional(),
  }),
  z.object({
    grant_type: z.literal("authorization_code"),
    code: z.string(),
    /** Seconds; `claude setup-token` asks for a year, a login for nothing. */
    expires_in: z.number().positive().optional(),
  }),
]);

export function answerToken(request: ApiRequest, { accounts, behaviours, codes }: ApiTarget): ApiResult {
  const body = tokenBody.safeParse(parseJson(request.body));
  if (!body.success) {
    const answer = json(400, {
      error: "unsupported_grant_type",
      error_description: "Unsupported grant type",
    });
    return { answer, delayMs: 0, noted: {} };
  }
  if (body.data.grant_type === "authorization_code") {
    const email = codes.redeem(body.data.code);
    const noted = { grant_type: body.data.grant_type };
    const { expires_in: seconds } = body.data;
    if (email !== undefined && seconds !== undefined) {
      const account = accounts.account(email);
      const made = accounts.setupToken(account, Date.now() + seconds * 1000);
      return { answer: setupTokenAnswer(account, made.token, made.entry, seconds), delayMs: 0, noted };
    }
    const login = email === undefined ? undefined : accounts.login(accounts.account(email));
    return { answer: login ? grantAnswer(login, true) : INVALID_GRANT, delayMs: 0, noted };
  }
  const token = body.data.refresh_token;
  const noted = { grant_type: body.data.grant_type, refresh_token_sha256: sha256(token) };
  const { name, ...wait } = behaviours.take("refresh", askerOf(token, accounts));
  // Used up on receipt, whatever becomes of the answer.
  if (name === "hang-after-rotation" || name === "close-after-rotation") accounts.refresh(token);
  if (name !== "ok" && name !== "ok-without-refresh-token")
    return { answer: refreshFailure(name), ...wait, noted };
  const grant = accounts.refresh(token, name === "ok");
  return { answer: grant ? grantAnswer(grant, name === "ok") : INVALID_GRANT, ...wait, noted };
}

function grantAnswer(grant: Grant, withRefreshToken: boolean): Answer {
  const seconds = (at: number) => Math.round((at - Date.now()) / 1000);
  return json(200, {
    token_type: "Bearer",
    access_token: grant.accessToken,
    expires_in: seconds(grant.expiresAt),
    ...(withRefreshToken
      ? { refresh_token: grant.refreshToken, refresh_token_expires_in: seconds(grant.refreshTokenExpiresAt) }
      : {}),
    scope: grant.scopes.join(" "),
    organization: grant.account.organization,
    account: { uuid: grant.account.uuid, email_address: grant.account.email },
  });
}

/** A token that cannot be refreshed. */
function setupTokenAnswer(account: Account, token: string, entry: TokenEntry, seconds: number): Answer {
  return json(200, {
    token_type: "Bearer",
    access_token: token,
    expires_in: seconds,
    scope: entry.scopes.join(" "),
    organization: account.organization,
    account: { uuid: account.uuid, email_address: account.email },
  });
}
