/** Recognises texts that have the shape of a secret. */

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
