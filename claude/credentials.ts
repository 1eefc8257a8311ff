/** What a Claude Code credentials file holds: `{"claudeAiOauth": {…}, "mcpOAuth": {…}, …}`. */
import { createHash } from "node:crypto";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { readRegularFile, type FileReading } from "../lib/atomic-file.ts";
import type { Machine } from "../lib/machine-ports.ts";

/** Bytes beyond which a file is not a credentials file. */
export const MAX_CREDENTIALS_BYTES = 1024 * 1024;

/** The `claudeAiOauth` object, whole: unknown keys belong to the CLI and are kept. */
export type OauthObject = Readonly<Record<string, unknown>>;

/**
 * State of a credentials file. `none`: no file, or one without a login; `unreadable`: it cannot be read or is not
 * a regular file; `corrupt`: not the JSON it should be; `blank`: the CLI has emptied the login after a refused
 * refresh; `usable`: an access token is there, which proves nothing about its validity.
 */
export type CredentialState =
  | { readonly kind: "none" }
  | { readonly kind: "unreadable" | "corrupt"; readonly why: string }
  | { readonly kind: "blank"; readonly oauth: OauthObject }
  | { readonly kind: "usable"; readonly oauth: OauthObject };

/** Where a user's login lies below the home. */
export function credentialsPath(home: string): string {
  return join(home, ".claude", ".credentials.json");
}

/** Judges the text of a credentials file. */
export function parseCredentials(text: string): CredentialState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be a token.
    return { kind: "corrupt", why: "it is not JSON" };
  }
  if (!isObject(value)) return { kind: "corrupt", why: "it is not a JSON object" };
  const oauth = value["claudeAiOauth"];
  if (oauth === undefined) return { kind: "none" };
  if (!isObject(oauth)) return { kind: "corrupt", why: "its claudeAiOauth is not an object" };
  const token = oauth["accessToken"];
  if (typeof token !== "string")
    return { kind: "corrupt", why: "its claudeAiOauth.accessToken is not a text" };
  return token.trim() === "" ? { kind: "blank", oauth } : { kind: "usable", oauth };
}

/**
 * The state of the login in `home`. A link to a regular file of the user's own inside the home is followed, as the
 * CLI does; every other link is `unreadable`. To be called by the user's own process.
 */
export async function readCredentials(home: string): Promise<CredentialState> {
  const path = credentialsPath(home);
  let reading = await readRegularFile(path, MAX_CREDENTIALS_BYTES);
  if (reading.kind === "symlink") reading = await readOwnLink(path, home);
  if (reading.kind === "missing") return { kind: "none" };
  if (reading.kind === "unreadable") return { kind: "unreadable", why: reading.why };
  if (reading.kind !== "file")
    return { kind: "unreadable", why: `there is a ${reading.kind} instead of a file` };
  return parseCredentials(reading.content.toString("utf8"));
}

/** As {@link readCredentials}, by the world's steps. `text` is the file's content, where it is one. */
export async function readLogin(
  world: Pick<Machine, "files">,
  path: string,
  home: string,
): Promise<{ readonly state: CredentialState; readonly text: string | undefined }> {
  let reading = await world.files.read(path, MAX_CREDENTIALS_BYTES);
  if (reading.kind === "symlink") {
    const target = await world.files.ownTarget(path, home);
    if (target === undefined) {
      const why = "it is a link that does not lead to the user's own file in the home";
      return { state: { kind: "unreadable", why }, text: undefined };
    }
    reading = await world.files.read(target, MAX_CREDENTIALS_BYTES);
  }
  const without = (state: CredentialState) => ({ state, text: undefined });
  if (reading.kind === "missing") return without({ kind: "none" });
  if (reading.kind === "unreadable") return without({ kind: "unreadable", why: reading.why });
  if (reading.kind !== "file")
    return without({ kind: "unreadable", why: `there is a ${reading.kind} instead of a file` });
  return { state: parseCredentials(reading.text), text: reading.text };
}

/** Where a link to a regular file of the user's own inside the home leads; undefined for every other link. */
export async function ownTarget(path: string, home: string): Promise<string | undefined> {
  try {
    const [target, realHome] = [await realpath(path), await realpath(home)];
    const found = await stat(target);
    const own = target.startsWith(realHome + sep) && found.isFile() && found.uid === process.getuid?.();
    return own ? target : undefined;
  } catch {
    // A link that leads nowhere leads to nobody's file.
    return undefined;
  }
}

async function readOwnLink(path: string, home: string): Promise<FileReading> {
  const target = await ownTarget(path, home);
  if (target !== undefined) return readRegularFile(target, MAX_CREDENTIALS_BYTES);
  return {
    kind: "unreadable",
    why: "it is a link that does not lead to the user's own file in the home",
  };
}

/** `setup-token`: made by `claude setup-token`, cannot be refreshed; `login`: refreshes itself. */
export type CredentialKind = "setup-token" | "login";

/** Which kind a login is: decided by whether it carries a refresh token. */
export function credentialKind(oauth: OauthObject): CredentialKind {
  return textOf(oauth, "refreshToken") === "" ? "setup-token" : "login";
}

/** The first 16 hexadecimal digits of the SHA-256 of the refresh token; of the access token for a setup-token. */
export function fingerprint(oauth: OauthObject): string {
  const secret = textOf(oauth, "refreshToken") || textOf(oauth, "accessToken");
  return createHash("sha256").update(secret).digest("hex").slice(0, 16);
}

/** What a login lacks to be worth keeping, as a clause; undefined when nothing. */
export function incompleteness(oauth: OauthObject): string | undefined {
  if (textOf(oauth, "accessToken") === "") return "claudeAiOauth.accessToken is empty";
  const scopes = oauth["scopes"];
  if (!Array.isArray(scopes)) return "claudeAiOauth.scopes is not a list";
  if (!scopes.includes("user:inference")) return 'claudeAiOauth.scopes does not hold "user:inference"';
  if (numberOf(oauth, "expiresAt") === undefined)
    return "claudeAiOauth.expiresAt is not a time in milliseconds";
  return undefined;
}

/** A positive number of the object, such as a time in milliseconds; undefined when there is none. */
export function numberOf(oauth: OauthObject, key: string): number | undefined {
  const value = oauth[key];
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
}

/** A text of the object, trimmed; empty when there is none. */
export function textOf(oauth: OauthObject, key: string): string {
  const value = oauth[key];
  return typeof value === "string" ? value.trim() : "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
