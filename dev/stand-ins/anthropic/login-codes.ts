/** The codes that a browser shows after a sign-in, for pasting into `claude auth login`. */
import { randomBytes } from "node:crypto";

/** How long a code is good, in milliseconds. */
const LIFETIME = 10 * 60_000;

/** Codes that were issued and not used yet. They are kept in memory, so a restart loses them. */
export class LoginCodes {
  readonly #codes = new Map<string, { readonly email: string; readonly until: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** What this person's browser would show: the code, `#`, and a state that the CLI hands on. */
  issue(email: string): string {
    const code = randomBytes(24).toString("base64url");
    this.#codes.set(code, { email, until: this.#now() + LIFETIME });
    return `${code}#${randomBytes(24).toString("base64url")}`;
  }

  /** Whose code this is; undefined when it is unknown, used or too old. It is used up by this. */
  redeem(code: string): string | undefined {
    const found = this.#codes.get(code);
    this.#codes.delete(code);
    return found && found.until > this.#now() ? found.email : undefined;
  }
}
