/** Tokens and sign-ins: their order, whether they were in a file, and whether the agent can know them. */
import { createHash } from "node:crypto";
import type { Grant, OauthServer } from "./oauth-server.ts";
import { EMAIL } from "./places.ts";

/** See the file's comment. */
export class Ledger {
  readonly #server: OauthServer;
  /** Returns the text of the agent state. */
  readonly #memory: () => string | undefined;
  /** The sign-ins, in the order in which they came into the file. */
  #order: readonly Grant[] = [];
  #login: Grant | undefined;
  /** The refresh tokens that were in a file. */
  readonly #kept = new Set<string>();
  /** The refresh tokens whose file a power cut has undone. */
  readonly #undone = new Set<string>();
  /** The refresh tokens that a completed run has read in the home. */
  readonly #read = new Set<string>();

  constructor(server: OauthServer, memory: () => string | undefined) {
    this.#server = server;
    this.#memory = memory;
  }

  /** The sign-in that counts: the newest with the right account. */
  get login(): Grant | undefined {
    return this.#login;
  }

  isKept(token: string): boolean {
    return this.#kept.has(token);
  }

  keep(token: string): void {
    this.#kept.add(token);
  }

  undo(token: string): void {
    this.#undone.add(token);
  }

  read(token: string): void {
    this.#read.add(token);
  }

  /** Records that a sign-in is in the file. It counts from this moment. */
  arrive(token: string): void {
    const grant = this.#server.grantOf(token);
    if (grant === undefined) return;
    this.#order = [...this.#order.filter((known) => known !== grant), grant];
    if (grant.email === EMAIL) this.#login = grant;
  }

  isSameSignIn(token: string, other: string): boolean {
    return this.#server.grantOf(token) === this.#server.grantOf(other);
  }

  /** Whether `other` came after `token`: by refreshes, or by another sign-in of the same person. */
  isOlder(token: string, other: string): boolean {
    const [first, second] = [this.#server.grantOf(token), this.#server.grantOf(other)];
    if (first === undefined || second === undefined) return false;
    if (first === second) return this.#server.precedes(token, other);
    return first.email === second.email && this.#order.indexOf(first) < this.#order.indexOf(second);
  }

  /** Whether the agent knows this refresh token: a completed run has read it, or the agent state holds it. */
  isKnown(token: string): boolean {
    const fingerprint = createHash("sha256").update(token).digest("hex").slice(0, 16);
    return this.#read.has(token) || (this.#memory() ?? "").includes(fingerprint);
  }

  /**
   * Whether the agent can know that another token came after `token`. It cannot know what a user's CLI did unseen, a
   * successor that was never stored, or a successor that a power cut has undone.
   * @param byAgent whether one of the agent's own CLIs has used the token up
   */
  isKnowinglyOver(token: string, byAgent: boolean): boolean {
    const successor = this.#server.successorOf(token);
    if (successor === undefined || this.#undone.has(successor)) return false;
    return this.isKnown(successor) || (byAgent && this.#kept.has(successor));
  }
}
