/** Recognises texts that look like a secret. */

/** Beginnings and shapes of secrets of Anthropic, Vault, GitHub and AWS, and of JWT and PEM. */
const SECRETS = [
  /sk-ant-/i,
  /\bhv[sbr]\.[A-Za-z0-9_-]{8,}/,
  // Vault's older tokens begin like names (`s.fitzgerald`), but are longer and never of lower-case letters alone.
  /\b[sbr]\.(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{20,}/,
  /\bgh[a-z]_[A-Za-z0-9]{8,}/,
  /\bAKIA[A-Z0-9]{8,}/,
  /\beyJ[A-Za-z0-9_-]{8,}/,
  /-----BEGIN/,
  /"?(?:accessToken|refreshToken)"?/,
];

/** One word of a name that people join: lower case, camel case or capitals, with a number at its end. */
const WORD = /^(?:[a-z]*(?:[A-Z][a-z]+)*|[A-Z]+)\d{0,4}$/;

/**
 * Returns whether the text looks like a secret: it has a known beginning, or 28 characters or more that look random. A
 * variable's name before its value does not count: `IMAGE_SHA256=` before a digest is no secret. Joined words do not count,
 * even with a few random characters: `claude-fleet-runner-cache-x7Kq2P`.
 */
export function looksSecret(text: string): boolean {
  if (SECRETS.some((pattern) => pattern.test(text))) return true;
  return (text.match(/[A-Za-z0-9_+-]{28,}/g) ?? []).some(looksRandom);
}

/** Misses 1 in 80 base64url texts of 28 characters, and 1 in 1,500 of 43 characters. */
function looksRandom(run: string): boolean {
  if (!/[a-z]/.test(run) || !/[A-Z]/.test(run) || !/[0-9]/.test(run)) return false;
  const parts = run.split(/[_+-]+/).filter((part) => !WORD.test(part));
  return parts.join("").length >= 16;
}
