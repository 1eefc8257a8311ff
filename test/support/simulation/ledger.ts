/** What is known of tokens and sign-ins: which came after which, which were in a file, and which the agent can know. */
import { createHash } from "node:crypto";
import type { Grant, OauthServer } from "./oauth-server.ts";
import { EMAIL } from "./places.ts";

/** See the file's own comment. */
export class Ledger {
  readonly #server: OauthServer;
  /** Content of the agent's memory. */
  readonly #memory: () => string | undefined;
  /** Sign-ins, in the order in which they came into the file. */
  #order: readonly Grant[] = [];
  #login: Grant | undefined;
  /** Refresh tokens that have been in a file. */
  readonly #kept = new Set<string>();
  /** Refresh tokens whose file a power cut has taken back. */
  readonly #undone = new Set<string>();
  /** Refresh tokens that a run which came to its end has read in the home. */
  readonly #read = new Set<string>();

  constructor(server: OauthServer, memory: () => string | undefined) {
    this.#server = server;
    this.#memory = memory;
  }

  /** The sign-in that counts: the newest one with the right account. */
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

  /** A sign-in counts from the moment at which it is in the file. */
  arrive(token: string): void {
    const grant = this.#server.grantOf(token);
    if (grant === undefined) return;
    this.#order = [...this.#order.filter((known) => known !== grant), grant];
    if (grant.email === EMAIL) this.#login = grant;
  }

  isSameSignIn(token: string, other: string): boolean {
    return this.#server.grantOf(token) === this.#server.grantOf(other);
  }

  /** Whether `token` was followed by `other`: by refreshes, or by another sign-in of the same person. */
  isOlder(token: string, other: string): boolean {
    const [first, second] = [this.#server.grantOf(token), this.#server.grantOf(other)];
    if (first === undefined || second === undefined) return false;
    if (first === second) return this.#server.precedes(token, other);
    return first.email === second.email && this.#order.indexOf(first) < this.#order.indexOf(second);
  }

  /** Whether the agent knows this refresh token: a run that came to its end has read it, or it is remembered. */
  isKnown(token: string): boolean {
    const fingerprint = createHash("sha256").update(token).digest("hex").slice(0, 16);
    return this.#read.has(token) || (this.#memory() ?? "").includes(fingerprint);
  }

  /**
   * Whether the agent can know that `token` was followed by another. What a user's own CLI did unseen, a successor that
   * never came to be stored, and one that a power cut has taken back, are beyond anybody's knowledge.
   * @param byAgent one of the agent's own CLIs has used it up
   */
  isKnowinglyOver(token: string, byAgent: boolean): boolean {
    const successor = this.#server.successorOf(token);
    if (successor === undefined || this.#undone.has(successor)) return false;
    return this.isKnown(successor) || (byAgent && this.#kept.has(successor));
  }
}
