/** What a credentials file's text holds, for the simulation's observers. */

interface Content {
  readonly claudeAiOauth?: { readonly refreshToken?: unknown; readonly accessToken?: unknown };
}

function contentOf(text: string | undefined): Content | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the refresh token of a usable login; undefined when there is none. */
export function refreshTokenIn(text: string | undefined): string | undefined {
  const token = contentOf(text)?.claudeAiOauth?.refreshToken;
  return typeof token === "string" && token !== "" ? token : undefined;
}

/** Returns the access token; empty when the CLI has emptied the login. */
export function accessTokenIn(text: string | undefined): string | undefined {
  const token = contentOf(text)?.claudeAiOauth?.accessToken;
  return typeof token === "string" ? token : undefined;
}

/** Returns all keys but the login, as one text; undefined when the file is corrupt. */
export function othersIn(text: string | undefined): string | undefined {
  const content = contentOf(text);
  if (content === undefined) return undefined;
  return JSON.stringify({ ...content, claudeAiOauth: undefined });
}

/** Describes a file's login in a word: its refresh token, or what the file holds instead. */
export function describeLogin(text: string | undefined): string {
  if (text === undefined) return "nothing";
  const token = refreshTokenIn(text) ?? /RT-\d+-g\d+;/.exec(text)?.[0];
  return token ?? (accessTokenIn(text) === "" ? "blank" : "no login");
}
