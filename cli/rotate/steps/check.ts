/** What a token must be before it leaves this machine: whole, of the allowed kind, the right account's, alive. */
import * as z from "zod";
import { numberOf, textOf, type OauthObject } from "../../../claude/credentials.ts";
import { withoutSecrets } from "../../../contract/agent-report.ts";
import { callWithToken } from "../../../claude/messages-api.ts";
import { refusalSentence } from "../../../host/token/prove-token.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { exchange } from "../../../lib/http-exchange.ts";
import { parseJson } from "../../../lib/parse-json.ts";
import type { AccountPlan } from "../../../plan/rotation-model.ts";
import type { TokenPlan } from "../../../plan/model.ts";
import { oauthOf } from "./obtain.ts";
import { accountComplaint } from "./prerequisites.ts";
import type { Rotation, Say } from "../rotation.ts";

/** The name that the API itself knows; the CLI's own `haiku` is none. */
const MODEL = "claude-haiku-4-5";
const DAY_MS = 86_400_000;
const PROFILE_DEADLINE_MS = 30_000;

/** The token will never be what it should be: it is not kept. */
export class UselessTokenError extends ExpectedError {}

/**
 * @throws {UselessTokenError} with everything that speaks against it
 * @throws {ExpectedError} when nothing is proven, and it may be another time
 */
export async function checkToken(rotation: Rotation, say: Say): Promise<string> {
  const { target, folder } = rotation;
  const content = await folder.kept();
  if (content === undefined)
    throw new ExpectedError("No token is kept here; run `claude-fleet rotate` again.");
  const oauth = oauthOf(content);
  const complaints = shapeComplaints(oauth, target.token, Date.now());
  if (complaints.length > 0) throw new UselessTokenError(complaints);
  const { apiUrl } = target.token.gate;
  const whose = await checkOwner(oauth, apiUrl, target.token.rotation.account, say);
  say("asking the API with the new token");
  const end = await callWithToken(oauth, apiUrl, MODEL);
  if (end.outcome !== "ok") {
    const why = `${refusalSentence(end.outcome, end.why)} Nothing has left this machine.`;
    throw end.outcome === "refused" ? new UselessTokenError(why) : new ExpectedError(why);
  }
  return `the API has answered it; ${whose}; ${lifetime(oauth, Date.now())}`;
}

/** What speaks against it without any call. Pure. */
export function shapeComplaints(oauth: OauthObject, token: TokenPlan, nowMs: number): readonly string[] {
  const found: string[] = [];
  const login = textOf(oauth, "refreshToken") !== "";
  if (login && !token.gate.allowRefreshToken) {
    found.push(
      `This credential carries a refresh token, which is single-use: the first of ${token.services.length} services to use it would lose its successor. It is not stripped in silence; make one by --source setup-token, or set \`gate.allowRefreshToken: true\`.`,
    );
  }
  const end = numberOf(oauth, "expiresAt") ?? 0;
  if (end <= nowMs)
    found.push(`This token has expired, at ${new Date(end).toISOString()}; make a fresh one.`);
  return found;
}

/** Its lifetime in words. Pure. */
export function lifetime(oauth: OauthObject, nowMs: number): string {
  const end = numberOf(oauth, "expiresAt") ?? nowMs;
  const days = Math.floor((end - nowMs) / DAY_MS);
  const until = new Date(end).toISOString().slice(0, 10);
  return days < 1
    ? `good for less than a day, until ${new Date(end).toISOString()}`
    : `good for ${days} days, until ${until}`;
}

const profile = z.object({
  account: z.object({ email: z.string().nullish(), email_address: z.string().nullish() }).nullish(),
  organization: z.object({ uuid: z.string().nullish() }).nullish(),
});

/** A token for inference alone does not say whose it is: then who was signed in where it was made has to do. */
async function checkOwner(
  oauth: OauthObject,
  apiUrl: string,
  wanted: AccountPlan,
  say: Say,
): Promise<string> {
  const scopes = oauth["scopes"];
  if (!Array.isArray(scopes) || !scopes.includes("user:profile")) {
    return "whose it is, a token for inference alone does not say";
  }
  say("asking the API whose it is");
  const end = await exchange(new URL(`${apiUrl}/api/oauth/profile`), {
    method: "GET",
    headers: {
      Authorization: `Bearer ${textOf(oauth, "accessToken")}`,
      "anthropic-beta": "oauth-2025-04-20",
    },
    deadlineMs: PROFILE_DEADLINE_MS,
  });
  const found =
    end.kind === "answer" && end.status === 200 ? profile.safeParse(parseJson(end.text)) : undefined;
  if (found?.success !== true) {
    const why = end.kind === "none" ? end.why : `the API answered ${end.status}`;
    return `whose it is could not be found out (${withoutSecrets(why)})`;
  }
  const { account, organization } = found.data;
  const email = account?.email ?? account?.email_address ?? undefined;
  const complaint = accountComplaint({ loggedIn: true, email, orgId: organization?.uuid }, wanted);
  if (complaint !== undefined) throw new UselessTokenError(complaint);
  return `it is ${email ?? "an unnamed account"}'s`;
}
