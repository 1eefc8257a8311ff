/** The host program's side of a conversation: it writes events to the operator and reads the operator's answers. */
import { createInterface } from "node:readline";
import { ExpectedError } from "../lib/expected-error.ts";
import { parseJson } from "../lib/parse-json.ts";
import { PROTOCOL_LIMITS } from "../contract/protocol-limits.ts";
import { tokenAnswer, type HostEvent, type TokenAnswer } from "../contract/session-events.ts";
import { plainText } from "../lib/printable.ts";

/** What an action may tell the operator and ask. */
export interface Session {
  progress(message: string): void;
  /** Passes on one line of a user's agent. */
  line(line: string): void;
  /** Whether the operator has gone. A change that has begun continues. */
  readonly gone: boolean;
  /** Asks to revoke a token. The operator first looks up whose it is. */
  revoke(user: string, accessor: string, why: string): void;
  /** Asks for a wrapped token of `user`. Returns an `error` when the operator has gone or does not answer in time. */
  needToken(user: string): Promise<TokenAnswer>;
}

/** Milliseconds that the operator may need to mint a token. */
const ANSWER_DEADLINE_MS = 120_000;

/** Writes the events of contract/session-events.ts to one stream and reads answers from another. */
export class StreamSession implements Session {
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

  line(line: string): void {
    this.emit({ event: "line", line: plainText(line, PROTOCOL_LIMITS.line) });
  }

  revoke(user: string, accessor: string, why: string): void {
    this.emit({ event: "revoke", user, accessor, why: plainText(why, PROTOCOL_LIMITS.reason) });
  }

  needToken(user: string): Promise<TokenAnswer> {
    // One question at a time, because only the order of the answers says which question they answer.
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
    if (!parsed.success)
      return {
        user,
        error:
          "the operator's answer is not one that this program version knows; use one version of claude-fleet",
      };
    if (parsed.data.user !== user) return { user, error: "the operator answered for another user" };
    return parsed.data;
  }
}
