/** Finds a token in text from a terminal, a clipboard, a file or a keychain. Never quotes that text. */
import { parseCredentials, type OauthObject } from "../../claude/credentials.ts";

/** Length of the tokens that `claude setup-token` creates. No complete token was ever shorter. */
const WHOLE_LENGTH = 108;
/** Lifetime of such a token: one year. Source: https://code.claude.com/docs/en/authentication */
const LIFETIME_MS = 365 * 86_400_000;

/** What was found. `why` is a clause that never quotes a part of the text. */
export type Recognised =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "credentials"; readonly oauth: OauthObject }
  | { readonly kind: "broken" | "none"; readonly why: string };

/** Finds a bare token, a token in the output of `claude setup-token`, or credentials as JSON or hexadecimal JSON. */
export function recognise(text: string): Recognised {
  return asCredentials(text) ?? asCredentials(fromHex(text)) ?? findToken(text);
}

/** Parses credentials. The macOS keychain prints values that are not plain text in hexadecimal. */
function asCredentials(text: string | undefined): Recognised | undefined {
  if (text === undefined || !text.trim().startsWith("{")) return undefined;
  const state = parseCredentials(text);
  switch (state.kind) {
    case "usable":
      return { kind: "credentials", oauth: state.oauth };
    case "blank":
      return { kind: "broken", why: "its access token is empty: the CLI has discarded that login" };
    case "none":
      return { kind: "none", why: "it holds no claudeAiOauth object" };
    case "corrupt":
    case "unreadable":
      return { kind: "broken", why: state.why };
  }
}

function fromHex(text: string): string | undefined {
  const digits = text.trim();
  if (digits.length % 2 !== 0 || !/^(?:0x)?[0-9a-f]{20,}$/i.test(digits)) return undefined;
  return Buffer.from(digits.replace(/^0x/i, ""), "hex").toString("utf8");
}

/** Finds the one token in a text. Joins a wrapped token where the wrap cannot have lost a character. */
export function findToken(text: string): Recognised {
  const lines = plainLines(text);
  const found = lines.flatMap((_, index) => tokensAt(lines, index));
  const whole = new Set(found.filter(({ problem }) => problem === undefined).map(({ token }) => token));
  const [only] = whole;
  if (only !== undefined && whole.size === 1) return { kind: "token", token: only };
  if (whole.size > 1) return { kind: "broken", why: "it holds several different tokens" };
  const [broken] = found;
  if (broken?.problem !== undefined) return { kind: "broken", why: broken.problem };
  return { kind: "none", why: "it holds no token" };
}

interface Candidate {
  readonly token: string;
  readonly problem: string | undefined;
}

function tokensAt(lines: readonly string[], index: number): Candidate[] {
  const line = lines[index] ?? "";
  return [...line.matchAll(/sk-ant-oat\d\d-[\w-]*/g)].map((match) => {
    const atEnd = match.index + match[0].length === line.length;
    const pieces = [match[0]];
    // A narrow terminal continues a token on the next line. An empty line ends the token.
    for (let next = index + 1; atEnd && pieces.join("").length < WHOLE_LENGTH; next++) {
      const piece = lines[next] ?? "";
      if (!/^[\w-]+$/.test(piece)) break;
      pieces.push(piece);
    }
    const token = pieces.join("");
    return { token, problem: problemOf(token, pieces.length > 1) };
  });
}

function problemOf(token: string, wrapped: boolean): string | undefined {
  const { length } = token;
  if (wrapped && length !== WHOLE_LENGTH) {
    return `the token was wrapped and has ${length} characters instead of ${WHOLE_LENGTH}: ${length < WHOLE_LENGTH ? "the line break lost some" : "other text follows it"}; copy it from a terminal of at least 120 columns`;
  }
  if (length < WHOLE_LENGTH) {
    return `the token has only ${length} characters instead of ${WHOLE_LENGTH}: it was cut off; copy all of it`;
  }
  return undefined;
}

/** Returns the lines as a person sees them, without escape sequences, frames and margins. */
function plainLines(text: string): readonly string[] {
  return withoutEscapes(text)
    .split(/\r*\n|\r/)
    .map((line) =>
      line
        .replace(/[\u2500-\u257f]/g, " ")
        .replace(/[\p{Cc}\p{Cf}]/gu, "")
        .trim(),
    );
}

/** Removes escape sequences. Moves of the cursor (CHA) separate words, so they become blanks. */
function withoutEscapes(text: string): string {
  return text.replace(COLUMN_MOVES, " ").replace(ESCAPES, "");
}

// eslint-disable-next-line no-control-regex -- the terminal's own characters
const COLUMN_MOVES = /\u001b\[\d*G/g;

/** CSI, OSC and two-character sequences. Source: ECMA-48; https://invisible-island.net/xterm/ctlseqs/ctlseqs.html */
// eslint-disable-next-line no-control-regex -- the terminal's own characters
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Returns a token file's content for a bare token that was created now. @param text the output that named its lifetime */
export function tokenFileOf(token: string, nowMs: number, text = ""): string {
  const lifetime = lifetimeIn(text) ?? LIFETIME_MS;
  return fileOf({ accessToken: token, expiresAt: nowMs + lifetime, scopes: ["user:inference"] });
}

const DAY_MS = 86_400_000;
/** In milliseconds. */
const UNITS = { year: 365 * DAY_MS, month: 30 * DAY_MS, day: DAY_MS, hour: DAY_MS / 24 } as const;

/** Returns the lifetime in milliseconds that the CLI names beside the token. Undefined: it names none. */
export function lifetimeIn(text: string): number | undefined {
  const [, least, count = "1", unit = "day"] =
    /\(valid\s+for\s+(less\s+than\s+)?(\d{1,4}|an?)\s+(year|month|day|hour)s?\)/i.exec(
      withoutEscapes(text),
    ) ?? [];
  if (!/\(valid\s+for/i.test(withoutEscapes(text))) return undefined;
  const length = UNITS[unit.toLowerCase() as keyof typeof UNITS] * (Number(count) || 1);
  // The CLI says "less than a day" for the eight hours of a login.
  return least === undefined ? length : length / 3;
}

/** Returns a token file's content. It holds `claudeAiOauth` alone: nothing else of a login leaves its machine. */
export function fileOf(oauth: OauthObject): string {
  return `${JSON.stringify({ claudeAiOauth: oauth })}\n`;
}
