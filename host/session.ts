/** The host program's side of the conversation with the operator: events out, answers in. */
import { createInterface } from "node:readline";
import { ExpectedError, plainText } from "../lib/expected-error.ts";
import { parseJson } from "../lib/parse-json.ts";
import { tokenAnswer, type HostEvent, type TokenAnswer } from "../contract/session-events.ts";

/** What the actions may say and ask. */
export interface Session {
  progress(message: string): void;
  /** Passes on a line of a user's agent. */
  line(line: string): void;
  /** Nobody listens any more; what has begun goes on. */
  readonly gone: boolean;
  /** Asks that a token be revoked; the operator looks first whose it is. */
  revoke(user: string, accessor: string, why: string): void;
  /** Asks for a wrapped token of `user`. An operator that is gone or silent answers with an `error`. */
  needToken(user: string): Promise<TokenAnswer>;
}

/** How long the operator may take to mint a token. */
const ANSWER_DEADLINE_MS = 120_000;

/** Speaks the events of contract/session-events.ts over a pair of streams. */
export class StreamSession implements Session {
  readonly #lines: AsyncIterator<string>;
  readonly #output: NodeJS.WritableStream;
  #gone = false;
  #questions: Promise<unknown> = Promise.resolve();

  constructor(input: NodeJS.ReadableStream, output: NodeJS.WritableStream) {
    this.#lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
    this.#output = output;
    // An operator who has gone must not end a change half-way; what is done is seen by the next observation.
    output.on("error", () => (this.#gone = true));
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** The first line. @throws {ExpectedError} when there is none */
  async request(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done) throw new ExpectedError("No request arrived on standard input.");
    return line.value;
  }

  emit(event: HostEvent): void {
    this.#output.write(`${JSON.stringify(event)}\n`);
  }

  progress(message: string): void {
    this.emit({ event: "progress", message: plainText(message, 500) });
  }

  line(line: string): void {
    this.emit({ event: "line", line: plainText(line, 2000) });
  }

  revoke(user: string, accessor: string, why: string): void {
    this.emit({ event: "revoke", user, accessor, why: plainText(why, 200) });
  }

  needToken(user: string): Promise<TokenAnswer> {
    // One question at a time: answers carry no other number than their order.
    const answer = this.#questions.then(() => this.#ask(user));
    this.#questions = answer;
    return answer;
  }

  async #ask(user: string): Promise<TokenAnswer> {
    this.emit({ event: "need-token", user });
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ANSWER_DEADLINE_MS);
    });
    const line = await Promise.race([this.#lines.next(), silence]);
    clearTimeout(timer);
    if (line === undefined)
      return { user, error: `the operator did not answer in ${ANSWER_DEADLINE_MS / 1000} s` };
    if (line.done) return { user, error: "the connection to the operator has ended" };
    const parsed = tokenAnswer.safeParse(parseJson(line.value));
    if (!parsed.success) return { user, error: "the operator's answer has another shape than it must have" };
    if (parsed.data.user !== user) return { user, error: "the operator answered for another user" };
    return parsed.data;
  }
}
