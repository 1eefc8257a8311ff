/** Shows what a command is doing: for a person on a terminal, or for a log. */
import { createLogUpdate } from "log-update";
import { plainText } from "../lib/printable.ts";

/** Where progress goes. A terminal is a whole stream of this process. */
export type ProgressStream =
  | { readonly isTTY?: undefined; write(text: string): unknown }
  | (NodeJS.WritableStream & { readonly isTTY: boolean });

/** Seconds without a message: what ends earlier needs none. */
const QUIET_SECONDS = 2;
const TICK_MS = 1000;
/** Milliseconds between two equal lines in a log. */
const REPEAT_MS = 10_000;

/** Shows the current message: one line that is overwritten on a terminal, a new line from time to time in a log. */
export class Progress {
  readonly #line: ReturnType<typeof createLogUpdate> | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #started: number;
  #text = "";
  #logged = { text: "", at: -Infinity };

  /**
   * @param now milliseconds of a monotonic clock
   * @param paceMs least milliseconds between two lines of a log
   */
  constructor(
    private readonly stream: ProgressStream,
    private readonly now: () => number = () => performance.now(),
    private readonly paceMs = 0,
  ) {
    this.#line = stream.isTTY ? createLogUpdate(stream, { showCursor: true }) : undefined;
    this.#started = now();
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Sets the message. */
  say(message: string): void {
    this.#text = plainText(message, 160);
    if (this.#line !== undefined) this.tick();
  }

  /** Shows the message, after the first seconds. */
  tick(): void {
    const now = this.now();
    const seconds = Math.floor((now - this.#started) / 1000);
    if (this.#text === "" || seconds < QUIET_SECONDS) return;
    const line = `${this.#text} (${seconds} s)`;
    if (this.#line !== undefined) this.#line(line);
    else if (now - this.#logged.at >= (this.#text === this.#logged.text ? REPEAT_MS : this.paceMs)) {
      this.stream.write(`${line}\n`);
      this.#logged = { text: this.#text, at: now };
    }
  }

  /** Removes the line, so that other output starts at the beginning of a line. */
  clear(): void {
    this.#line?.clear();
    this.#text = "";
  }

  /** Ends the progress. */
  end(): void {
    this.clear();
    clearInterval(this.#timer);
  }
}
