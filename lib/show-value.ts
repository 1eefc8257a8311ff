/** Shows a value from the user's files in a message: short, printable, and never a secret. */

const LONGEST = 60;

/** Beginnings and shapes of secrets: Anthropic, Vault, GitHub, AWS, JWT, PEM, and long runs of mixed characters. */
const SECRETS = [
  /sk-ant-/i,
  /\bhv[sbr]\.[A-Za-z0-9_-]{8,}/,
  // Vault's older tokens begin as names do (`s.fitzgerald`), but are longer, and never of lower-case letters alone.
  /\b[sbr]\.(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{20,}/,
  /\bgh[a-z]_[A-Za-z0-9]{8,}/,
  /\bAKIA[A-Z0-9]{8,}/,
  /\beyJ[A-Za-z0-9_-]{8,}/,
  /-----BEGIN/,
  /"?(?:accessToken|refreshToken)"?/,
];

/** A word of a name, as people join them: lower case, camel case or capitals, and a number at its end. */
const WORD = /^(?:[a-z]*(?:[A-Z][a-z]+)*|[A-Z]+)\d{0,4}$/;

/**
 * Whether the text has the shape of a secret: a known beginning, or 28 characters and more that look random. A variable's
 * name does not run into its value: `IMAGE_SHA256=` before a digest makes none of it. Nor do words that are joined, even
 * with a few random characters: `claude-fleet-runner-cache-x7Kq2P`.
 */
export function looksSecret(text: string): boolean {
  if (SECRETS.some((pattern) => pattern.test(text))) return true;
  return (text.match(/[A-Za-z0-9_+-]{28,}/g) ?? []).some(looksRandom);
}

/** Of base64url, 1 in 80 texts of 28 characters is taken for words, and 1 in 1,500 of 43. */
function looksRandom(run: string): boolean {
  if (!/[a-z]/.test(run) || !/[A-Z]/.test(run) || !/[0-9]/.test(run)) return false;
  const parts = run.split(/[_+-]+/).filter((part) => !WORD.test(part));
  return parts.join("").length >= 16;
}

/** The text with everything that a terminal would act on, or that is not seen, written as an escape. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** A value for a message, undefined for one that is not there. */
export function show(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value).slice(0, 4).join(", ");
    return keys === ""
      ? "an empty map"
      : `a map of ${looksSecret(keys) ? "hidden keys" : clip(printable(keys))}`;
  }
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (typeof value !== "string") return `a ${typeof value}`;
  if (looksSecret(value)) return "hidden, it looks like a secret";
  const bare = value.replaceAll(/(:\/\/[^/@\s:]*):[^@\s]*@/g, "$1:…@");
  return `"${clip(printable(bare))}"`;
}

function clip(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
