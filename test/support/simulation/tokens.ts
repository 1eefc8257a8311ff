/** What a credentials file's text holds, for whoever watches it. */

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

/** The refresh token in it, if it is a usable login with one. */
export function refreshTokenIn(text: string | undefined): string | undefined {
  const token = contentOf(text)?.claudeAiOauth?.refreshToken;
  return typeof token === "string" && token !== "" ? token : undefined;
}

/** The access token in it; empty when the CLI has emptied the login. */
export function accessTokenIn(text: string | undefined): string | undefined {
  const token = contentOf(text)?.claudeAiOauth?.accessToken;
  return typeof token === "string" ? token : undefined;
}

/** Everything in it but the login, as one text; undefined when it is not what such a file should be. */
export function othersIn(text: string | undefined): string | undefined {
  const content = contentOf(text);
  if (content === undefined) return undefined;
  return JSON.stringify({ ...content, claudeAiOauth: undefined });
}

/** A file's login in a word: its refresh token, whole or torn, or what there is instead. */
export function describeLogin(text: string | undefined): string {
  if (text === undefined) return "nothing";
  const token = refreshTokenIn(text) ?? /RT-\d+-g\d+;/.exec(text)?.[0];
  return token ?? (accessTokenIn(text) === "" ? "blank" : "no login");
}
