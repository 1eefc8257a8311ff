/** What a command says while it works, and in which colours: for a person on a terminal, or for a log. */
import { plainText } from "../lib/expected-error.ts";

/** A stream that may be a terminal. */
export interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const COLOURS = { OK: 32, INFO: 36, WARN: 33, FAIL: 31 } as const;

/** What ends within this time needs no words. */
const QUIET_SECONDS = 2;
const TICK_MS = 1000;
/** Milliseconds between two signs of life in a log. */
const REPEAT_MS = 10_000;

/** `line` with its first word coloured where `stream` is a terminal and nobody objects (https://no-color.org). */
export function coloured(line: string, stream: Stream, environment: NodeJS.ProcessEnv = process.env): string {
  if (!stream.isTTY || environment["NO_COLOR"]) return line;
  const word = /^(OK|INFO|WARN|FAIL)(?= |$)/.exec(line)?.[1] as keyof typeof COLOURS | undefined;
  return word === undefined ? line : `\u001b[${COLOURS[word]}m${word}\u001b[0m${line.slice(word.length)}`;
}

/** Shows what is under way: one line that is written over on a terminal, a line now and then in a log. */
export class Progress {
  readonly #stream: Stream;
  readonly #now: () => number;
  readonly #paceMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #started: number;
  #text = "";
  #printed = { text: "", at: -Infinity };

  /**
   * @param now milliseconds of any clock that only goes on
   * @param paceMs least milliseconds between two lines of a log
   */
  constructor(stream: Stream, now: () => number = () => performance.now(), paceMs = 0) {
    this.#stream = stream;
    this.#paceMs = paceMs;
    this.#now = now;
    this.#started = now();
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Says what is under way from now on. */
  say(message: string): void {
    this.#text = plainText(message, 160);
    if (this.#stream.isTTY) this.tick();
  }

  /** Shows it, once it has taken long enough for somebody to wonder. */
  tick(): void {
    const now = this.#now();
    const seconds = Math.floor((now - this.#started) / 1000);
    if (this.#text === "" || seconds < QUIET_SECONDS) return;
    if (this.#stream.isTTY) this.#stream.write(`\r\u001b[2K${this.#text} (${seconds} s)`);
    else if (now - this.#printed.at >= (this.#text === this.#printed.text ? REPEAT_MS : this.#paceMs)) {
      this.#stream.write(`${this.#text} (${seconds} s)\n`);
    } else return;
    this.#printed = { text: this.#text, at: now };
  }

  /** Takes the line away again, so that what follows begins at a line's beginning. */
  clear(): void {
    if (this.#stream.isTTY && this.#printed.text !== "") this.#stream.write("\r\u001b[2K");
    this.#text = "";
  }

  /** Says nothing any more. */
  end(): void {
    this.clear();
    clearInterval(this.#timer);
  }
}
