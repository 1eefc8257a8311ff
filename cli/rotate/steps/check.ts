/** The step `check`: before a token leaves this machine it must be whole, of the allowed kind, of the right account, and alive. */
import * as z from "zod";
import { numberOf, textOf, type OauthObject } from "../../../claude/credentials.ts";
import { withoutSecrets } from "../../../contract/agent-report.ts";
import { callWithToken } from "../../../claude/messages-api.ts";
import { CHEAPEST_MODEL } from "../../../claude/models.ts";
import { refusalSentence } from "../../../host/token/prove-token.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { exchange } from "../../../lib/http-exchange.ts";
import { parseJson } from "../../../lib/parse-json.ts";
import type { RotationPlan, TokenPlan } from "../../../plan/model.ts";
import { oauthOf } from "./obtain.ts";
import { accountComplaint } from "./prerequisites.ts";
import type { Rotation, Say } from "../rotation.ts";

const DAY_MS = 86_400_000;
const PROFILE_DEADLINE_MS = 30_000;

/** The token will never do. It is not kept. */
export class UselessTokenError extends ExpectedError {}

/**
 * Checks the token that was obtained.
 * @throws {UselessTokenError} with all reasons against it
 * @throws {ExpectedError} when nothing is proven, and a later attempt may prove it
 */
export async function checkToken(rotation: Rotation, say: Say): Promise<string> {
  const { target, folder } = rotation;
  const content = await folder.keptToken();
  if (content === undefined)
    throw new ExpectedError("No token is kept here. Run `claude-fleet rotate` again.");
  const oauth = oauthOf(content);
  const complaints = shapeComplaints(oauth, target.token, Date.now());
  if (complaints.length > 0) throw new UselessTokenError(complaints);
  const { apiUrl } = target.token.gate;
  const whose = await checkOwner(oauth, apiUrl, target.token.rotation.account, say);
  say("asking the API with the new token");
  const end = await callWithToken(oauth, apiUrl, CHEAPEST_MODEL.https);
  if (end.outcome !== "ok") {
    const why = `${refusalSentence(end.outcome, end.why)} Nothing has left this machine.`;
    throw end.outcome === "refused" ? new UselessTokenError(why) : new ExpectedError(why);
  }
  return `the API accepted it; ${whose}; ${lifetime(oauth, Date.now())}`;
}

/** Returns the reasons against a token that need no call. */
export function shapeComplaints(oauth: OauthObject, token: TokenPlan, nowMs: number): readonly string[] {
  const found: string[] = [];
  const login = textOf(oauth, "refreshToken") !== "";
  if (login && !token.gate.allowRefreshToken) {
    found.push(
      `This credential carries a refresh token, which works once: the first of ${token.services.length} services to use it would end it for the others. Create a token by --source setup-token, or set \`gate.allowRefreshToken: true\`.`,
    );
  }
  const end = numberOf(oauth, "expiresAt") ?? 0;
  if (end <= nowMs) found.push(`This token expired at ${new Date(end).toISOString()}. Create a new one.`);
  return found;
}

function lifetime(oauth: OauthObject, nowMs: number): string {
  const end = numberOf(oauth, "expiresAt") ?? nowMs;
  const days = Math.floor((end - nowMs) / DAY_MS);
  const until = new Date(end).toISOString();
  return days < 1
    ? `good for less than a day, until ${until}`
    : `good for ${days} days, until ${until.slice(0, 10)}`;
}

const profile = z.object({
  account: z.object({ email: z.string().nullish(), email_address: z.string().nullish() }).nullish(),
  organization: z.object({ uuid: z.string().nullish() }).nullish(),
});

/** Asks the API whose token it is. A token for inference only cannot tell; the step `prerequisites` has checked the sign-in. */
async function checkOwner(
  oauth: OauthObject,
  apiUrl: string,
  wanted: RotationPlan["account"],
  say: Say,
): Promise<string> {
  const scopes = oauth["scopes"];
  if (!Array.isArray(scopes) || !scopes.includes("user:profile")) {
    return "its account is unknown, because the token is for inference only";
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
    return `its account is unknown (${withoutSecrets(why)})`;
  }
  const { account, organization } = found.data;
  const email = account?.email ?? account?.email_address ?? undefined;
  const complaint = accountComplaint({ loggedIn: true, email, orgId: organization?.uuid }, wanted);
  if (complaint !== undefined) throw new UselessTokenError(complaint);
  return `its account is ${email ?? "unnamed"}`;
}
