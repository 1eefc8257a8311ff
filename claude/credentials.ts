/** What a Claude Code credentials file holds: `{"claudeAiOauth": {…}, "mcpOAuth": {…}, …}`. */
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { isMapping } from "../lib/is-mapping.ts";
import type { Files, Reading } from "../lib/machine-ports.ts";
import { parseJson } from "../lib/parse-json.ts";
import { describeReading, readRegularFile } from "../lib/regular-file.ts";
import { sha256Of } from "../lib/sha256.ts";

/** A larger file is not read. */
const MAX_CREDENTIALS_BYTES = 1024 * 1024;

/** The whole `claudeAiOauth` object. Unknown keys belong to the CLI and are kept. */
export type OauthObject = Readonly<Record<string, unknown>>;

/**
 * State of a credentials file. `none`: there is no file, or no login in it. `unreadable`: the file cannot be read, or is not
 * a regular file. `corrupt`: its JSON is not as it should be. `blank`: the CLI has emptied the login after a refused refresh.
 * `usable`: it holds an access token, which may be valid or not. `why` is a clause such as "it is not JSON".
 */
export type CredentialState =
  | { readonly kind: "none" }
  | { readonly kind: "unreadable" | "corrupt"; readonly why: string }
  | { readonly kind: "blank" | "usable"; readonly oauth: OauthObject };

/** Name of the credentials file in a configuration folder of the CLI. */
export const CREDENTIALS_FILE = ".credentials.json";

/** Path of a user's credentials file, from the home. */
export const CREDENTIALS_BELOW_HOME = `.claude/${CREDENTIALS_FILE}`;

/** Returns the path of a user's credentials file. */
export function credentialsPath(home: string): string {
  return join(home, CREDENTIALS_BELOW_HOME);
}

/** Returns the state of a credentials file with this text. */
export function parseCredentials(text: string): CredentialState {
  const value = parseJson(text);
  // The parser's own message would quote the text, which may be a token.
  if (value === undefined) return { kind: "corrupt", why: "it is not JSON" };
  if (!isMapping(value)) return { kind: "corrupt", why: "it is not a JSON object" };
  const oauth = value["claudeAiOauth"];
  if (oauth === undefined) return { kind: "none" };
  if (!isMapping(oauth)) return { kind: "corrupt", why: "its claudeAiOauth is not an object" };
  const token = oauth["accessToken"];
  if (typeof token !== "string")
    return { kind: "corrupt", why: "its claudeAiOauth.accessToken is not a text" };
  return { kind: token.trim() === "" ? "blank" : "usable", oauth };
}

/**
 * Reads the credentials file of `home`. As the CLI does, it follows a link to a regular file of the user's own inside the
 * home; every other link is `unreadable`. The user's own process must call it.
 */
export async function readCredentials(home: string): Promise<CredentialState> {
  const read = async (path: string, maxBytes: number): Promise<Reading> => {
    const reading = await readRegularFile(path, maxBytes);
    if (reading.kind !== "file") return reading;
    return { kind: "file", text: reading.content.toString("utf8"), mode: reading.stat.mode & 0o7777 };
  };
  return (await readLogin({ files: { read, ownTarget } }, credentialsPath(home), home)).state;
}

/** Reads a login like {@link readCredentials}, through the world's ports. `text`: the content of a regular file. */
export async function readLogin(
  world: { readonly files: Pick<Files, "read" | "ownTarget"> },
  path: string,
  home: string,
): Promise<{ readonly state: CredentialState; readonly text: string | undefined }> {
  let reading = await world.files.read(path, MAX_CREDENTIALS_BYTES);
  if (reading.kind === "symlink") {
    const target = await world.files.ownTarget(path, home);
    if (target !== undefined) reading = await world.files.read(target, MAX_CREDENTIALS_BYTES);
  }
  if (reading.kind === "file") return { state: parseCredentials(reading.text), text: reading.text };
  if (reading.kind === "missing") return { state: { kind: "none" }, text: undefined };
  return { state: { kind: "unreadable", why: unreadableBecause(reading) }, text: undefined };
}

function unreadableBecause(reading: Exclude<Reading, { kind: "file" | "missing" }>): string {
  switch (reading.kind) {
    case "unreadable":
      return reading.why;
    case "symlink":
      return "it is a link that does not lead to the user's own file in the home";
    default:
      return `it ${describeReading(reading)}`;
  }
}

/** Returns the target of a link to a regular file of the user's own inside the home; undefined for every other link. */
export async function ownTarget(path: string, home: string): Promise<string | undefined> {
  try {
    const [target, realHome] = [await realpath(path), await realpath(home)];
    const found = await stat(target);
    const own = target.startsWith(realHome + sep) && found.isFile() && found.uid === process.getuid?.();
    return own ? target : undefined;
  } catch {
    // The link leads nowhere.
    return undefined;
  }
}

/**
 * `login`: the CLI refreshes it. `setup-token`: made by `claude setup-token`; it cannot be refreshed. `partial`: it has no
 * refresh token, and does not look like a setup-token. It is a login that has lost its refresh token.
 */
export type CredentialKind = "login" | "setup-token" | "partial";

/** Whether the CLI can refresh the login. */
export function isRefreshable(oauth: OauthObject): boolean {
  return refreshToken(oauth) !== "";
}

/**
 * Returns the kind of a login. A setup-token has the scope `user:inference` alone, and no end of a login
 * (https://code.claude.com/docs/en/authentication). Its refresh token is absent, null or empty, and of no other type.
 */
export function credentialKind(oauth: OauthObject): CredentialKind {
  if (isRefreshable(oauth)) return "login";
  const { refreshToken: token = null, scopes } = oauth;
  const empty = token === null || (typeof token === "string" && token.trim() === "");
  const inferenceAlone = Array.isArray(scopes) && scopes.length === 1 && scopes[0] === INFERENCE;
  return empty && inferenceAlone && numberOf(oauth, "refreshTokenExpiresAt") === undefined
    ? "setup-token"
    : "partial";
}

const INFERENCE = "user:inference";

/** Returns the refresh token; empty when there is none. Tools that convert JSON write these two words for nothing. */
function refreshToken(oauth: OauthObject): string {
  const token = textOf(oauth, "refreshToken");
  return token === "null" || token === "undefined" ? "" : token;
}

/** Returns the first 16 hexadecimal digits of the SHA-256 of the refresh token; of the access token where there is none. */
export function fingerprint(oauth: OauthObject): string {
  return sha256Of(refreshToken(oauth) || textOf(oauth, "accessToken")).slice(0, 16);
}

/** Returns what a login lacks to be worth a backup, as a clause; undefined when it lacks nothing. */
export function incompleteness(oauth: OauthObject): string | undefined {
  if (textOf(oauth, "accessToken") === "") return "claudeAiOauth.accessToken is empty";
  const scopes = oauth["scopes"];
  if (!Array.isArray(scopes)) return "claudeAiOauth.scopes is not a list";
  if (!scopes.includes(INFERENCE)) return `claudeAiOauth.scopes does not hold "${INFERENCE}"`;
  if (numberOf(oauth, "expiresAt") === undefined)
    return "claudeAiOauth.expiresAt is not a time in milliseconds";
  return undefined;
}

/** The tokens of each refresh. They belong together. */
const OWN_TO_EACH_REFRESH = ["accessToken", "refreshToken"];

/** Returns the login with the fields of `former`, a login of the same sign-in, that a CLI or another tool has dropped. */
export function withDroppedFields(oauth: OauthObject, former: OauthObject): OauthObject {
  const dropped = Object.entries(former).filter(
    ([key]) => !OWN_TO_EACH_REFRESH.includes(key) && isDropped(oauth, key),
  );
  return { ...oauth, ...Object.fromEntries(dropped) };
}

function isDropped(oauth: OauthObject, key: string): boolean {
  const value = oauth[key];
  if (key === "scopes") return !Array.isArray(value) || !value.includes(INFERENCE);
  if (key === "expiresAt" || key === "refreshTokenExpiresAt") return numberOf(oauth, key) === undefined;
  return value === undefined || value === null || value === "";
}

/** Returns a positive number of the object, such as a time in milliseconds; undefined when there is none. */
export function numberOf(oauth: OauthObject, key: string): number | undefined {
  const value = oauth[key];
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Returns a text of the object, trimmed; empty when there is none. */
export function textOf(oauth: OauthObject, key: string): string {
  const value = oauth[key];
  return typeof value === "string" ? value.trim() : "";
}
