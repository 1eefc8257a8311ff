/** The cases that were measured with the real CLI, and their setups. */
import { readFileSync } from "node:fs";
import * as z from "zod";
import type { MessageTrouble, RefreshTrouble } from "../simulation/oauth-server.ts";
import type { ClaudeVersion } from "../simulation/claude-texts.ts";

const row = z.strictObject({
  case: z.string(),
  /** CLAUDE_CODE_MAX_RETRIES; null: not set. */
  retries: z.number().nullable(),
  /** 124: the measurement ended the CLI after `cutSeconds`. */
  exit: z.number(),
  cutSeconds: z.number().optional(),
  isError: z.boolean().nullable(),
  status: z.number().nullable(),
  terminalReason: z.string().nullable(),
  result: z.string().nullable(),
  /** The number of requests of each kind. */
  messages: z.number(),
  refreshes: z.number(),
  /** The access tokens that were sent, each once. */
  sent: z.array(z.string()),
  /** The credentials file after it. */
  file: z.union([
    z.enum(["unchanged", "none"]),
    z.strictObject({
      accessToken: z.string(),
      refreshToken: z.string(),
      expiresAt: z.union([z.literal("future"), z.literal(0)]),
      keys: z.array(z.string()),
    }),
  ]),
});
export type MeasuredCase = z.infer<typeof row>;

/** Returns all cases of a version. */
export function measuredCases(version: ClaudeVersion): readonly MeasuredCase[] {
  const path = new URL(`../../fixtures/claude-cases/${version}.json`, import.meta.url);
  return z.object({ rows: z.array(row) }).parse(JSON.parse(readFileSync(path, "utf8"))).rows;
}

/** The setup of a case: the login in the file, the API, the environment. */
export interface CaseSetup {
  /** `dead`: it looks live, but is refused. `text`: the file's whole content. */
  readonly file:
    | "live"
    | "plain"
    | "expired"
    | "without-refresh-token"
    | "dead"
    | "blank"
    | "none"
    | { readonly text: string };
  readonly messages?: MessageTrouble;
  readonly refresh?: RefreshTrouble;
  readonly environment?: {
    readonly oauthToken?: string;
    readonly apiKey?: string;
    readonly authToken?: string;
  };
  readonly timeoutMs?: number;
}

/** The first pattern that fits decides. A case without a setup is an error. */
const SETUPS: readonly (readonly [RegExp, CaseSetup])[] = [
  [/^ok, live token$/, { file: "live" }],
  [/^ok, live token, unknown keys absent/, { file: "plain" }],
  [/^401 expired-message/, { file: "dead" }],
  [/^401 always/, { file: "dead", messages: "401-expired" }],
  [/^401 "Invalid bearer token" always/, { file: "dead", messages: "401-invalid" }],
  [/^401 live-looking token, refresh invalid_grant/, { file: "dead", refresh: "invalid-grant" }],
  [/^401 live-looking token, refresh 500/, { file: "dead", refresh: "500" }],
  [/^expired, refresh ok$/, { file: "expired" }],
  [/^expired, refresh ok without/, { file: "expired", refresh: "ok-without-refresh-token" }],
  [/^expired, refresh invalid_grant/, { file: "expired", refresh: "invalid-grant" }],
  [/^expired, refresh 500$/, { file: "expired", refresh: "500" }],
  [/^expired, refresh 429$/, { file: "expired", refresh: "429" }],
  [/^expired, refresh 403$/, { file: "expired", refresh: "403" }],
  [/^expired, refresh 502/, { file: "expired", refresh: "502-html" }],
  [/^expired, refresh hangs/, { file: "expired", refresh: "hang" }],
  [/^expired, no refresh token/, { file: "without-refresh-token" }],
  [/^expired, API would be ok, refresh 500/, { file: "expired", messages: "ok", refresh: "500" }],
  [/^API 429 usage-limit/, { file: "live", messages: "429-usage" }],
  [/^API 429/, { file: "live", messages: "429" }],
  [/^API 529/, { file: "live", messages: "529" }],
  [/^API 500/, { file: "live", messages: "500" }],
  [/^API 403 "not allowed/, { file: "live", messages: "403-not-allowed" }],
  [/^API 403 "OAuth token has been revoked"/, { file: "live", messages: "403-revoked" }],
  [/^API 400/, { file: "live", messages: "400-credit" }],
  [/^API 404/, { file: "live", messages: "404-model" }],
  // The resolver of that measurement answered with an address without a server.
  [/^(?:connection refused|DNS failure)/, { file: "live", messages: "refused" }],
  [/^hanging API/, { file: "live", messages: "hang", timeoutMs: 5000 }],
  [/^no credentials file/, { file: "none" }],
  [/^blanked credentials/, { file: "blank" }],
  [/^corrupt JSON/, { file: { text: '{"claudeAiOauth":{"access' } }],
  [/^empty credentials file/, { file: { text: "" } }],
  [/^credentials \{\}/, { file: { text: "{}" } }],
  [/^CLAUDE_CODE_OAUTH_TOKEN=LIVE \+ file expired/, { file: "expired", environment: { oauthToken: "LIVE" } }],
  [/^CLAUDE_CODE_OAUTH_TOKEN=LIVE, no file/, { file: "none", environment: { oauthToken: "LIVE" } }],
  [/^CLAUDE_CODE_OAUTH_TOKEN=DEAD/, { file: "live", environment: { oauthToken: "DEAD" } }],
  [/^ANTHROPIC_API_KEY=<OAT>/, { file: "live", environment: { apiKey: "LIVE" } }],
  [
    /^ANTHROPIC_API_KEY=sk-ant-api03/,
    { file: "live", messages: "ok", environment: { apiKey: "sk-ant-api03-x" } },
  ],
  [/^ANTHROPIC_AUTH_TOKEN/, { file: "live", messages: "ok", environment: { authToken: "X" } }],
];

/** Returns the setup of a case. @throws when it has none */
export function setupOf(name: string): CaseSetup {
  const found = SETUPS.find(([pattern]) => pattern.test(name));
  if (found === undefined) throw new Error(`The case "${name}" has no setup.`);
  return found[1];
}
