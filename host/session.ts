/** The host program's side of a conversation: it writes events to the operator and reads the operator's answers. */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedError } from "../lib/expected-error.ts";
import { parseJson } from "../lib/parse-json.ts";
import { PROTOCOL_LIMITS } from "../contract/protocol-limits.ts";
import { type HostEvent } from "../contract/session-events.ts";
import { plainText } from "../lib/printable.ts";
import { tokenAnswer, type TokenAnswer } from "../contract/wrapped-token.ts";

/** What an action may tell the operator and ask. */
export type Session = Pick<StreamSession, "progress" | "line" | "gone" | "revoke" | "needToken">;

/** Milliseconds that the operator may need to mint a token. */
const ANSWER_DEADLINE_MS = 120_000;

/** Writes the events of contract/session-events.ts to one stream and reads answers from another. */
export class StreamSession {
  readonly #lines: AsyncIterator<string>;
  readonly #output: NodeJS.WritableStream;
  #gone = false;
  #questions: Promise<unknown> = Promise.resolve();

  constructor(input: NodeJS.ReadableStream, output: NodeJS.WritableStream) {
    this.#lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
    this.#output = output;
    // A change must not stop half-way because the operator has gone. The next observation shows what was done.
    output.on("error", () => (this.#gone = true));
  }

  /** Whether the operator has gone. A change that has begun continues. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Reads the first line, which is the request. @throws {ExpectedError} when there is none */
  async request(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done) throw new ExpectedError("No request arrived on standard input.");
    return line.value;
  }

  emit(event: HostEvent): void {
    this.#output.write(`${JSON.stringify(event)}\n`);
  }

  progress(message: string): void {
    this.emit({ event: "progress", message: plainText(message, PROTOCOL_LIMITS.progress) });
  }

  /** Passes on one line of a user's agent. */
  line(line: string): void {
    this.emit({ event: "line", line: plainText(line, PROTOCOL_LIMITS.line) });
  }

  /** Asks to revoke a token. The operator first looks up whose it is. */
  revoke(user: string, accessor: string, why: string): void {
    this.emit({ event: "revoke", user, accessor, why: plainText(why, PROTOCOL_LIMITS.reason) });
  }

  /** Asks for a wrapped token of `user`. Returns an `error` when the operator has gone or does not answer in time. */
  needToken(user: string): Promise<TokenAnswer> {
    // One question at a time, because only the order of the answers says which question they answer.
    const answer = this.#questions.then(() => this.#ask(user));
    this.#questions = answer;
    return answer;
  }

  async #ask(user: string): Promise<TokenAnswer> {
    this.emit({ event: "need-token", user });
    const silence = new AbortController();
    const line = await Promise.race([
      this.#lines.next(),
      sleep(ANSWER_DEADLINE_MS, undefined, { signal: silence.signal }).catch(() => undefined),
    ]);
    silence.abort();
    const failed = (error: string): TokenAnswer => ({ user, error });
    if (line === undefined) return failed(`the operator did not answer in ${ANSWER_DEADLINE_MS / 1000} s`);
    if (line.done) return failed("the connection to the operator has ended");
    const answer = tokenAnswer.safeParse(parseJson(line.value)).data;
    if (answer === undefined)
      return failed(
        "this version of the program does not know the operator's answer; use the same version of claude-fleet on both sides",
      );
    return answer.user === user ? answer : failed("the operator answered for another user");
  }
}
