/** A shell that was opened on a host: its lines, its input, its deadline, and how it ended. */
import { createInterface, type Interface } from "node:readline";
import type { Writable } from "node:stream";
import type { Connection } from "../contract/connection.ts";
import { withoutOperatorVariables } from "../lib/operator-variables.ts";
import { endOf, start } from "../lib/process.ts";
import { shellCommand } from "./ssh.ts";

/** Most bytes that a host may send in one conversation, because its answer is held in memory. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Characters of standard error that are kept: the last ones. */
const KEPT_ERROR = 8000;

/** Milliseconds for a program to end after SIGTERM, and for its children to say something after its end. */
const PATIENCE_MS = 5000;

/** Opens a shell on a host, over ssh or on this machine, that runs one script. */
export class HostShell {
  /** The program that opened it, as an error names it. */
  readonly file: string;
  readonly lines: Interface;
  readonly input: Writable;
  readonly #child: ReturnType<typeof startShell>;
  readonly #signal: AbortSignal | undefined;
  readonly #abandoned: Promise<undefined>;
  readonly #timers: NodeJS.Timeout[] = [];
  #stderr = "";
  #deadline: NodeJS.Timeout | undefined;
  #expired: number | undefined;
  #broken: string | undefined;

  constructor(connection: Connection, script: string, signal: AbortSignal | undefined) {
    const [file, ...argv] = shellCommand(connection, script);
    const child = startShell(file, argv);
    this.file = file;
    this.#child = child;
    this.#signal = signal;
    this.input = child.stdin;
    this.lines = createInterface({ input: child.stdout, crlfDelay: Infinity });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      this.#stderr = (this.#stderr + chunk).slice(-KEPT_ERROR);
    });
    // The exit code tells when the host goes away during a write. The pipe's own error adds nothing.
    child.stdin.on("error", () => undefined);
    let received = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received > MAX_ANSWER_BYTES) this.break(`it sent more than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`);
    });
    this.#abandoned = new Promise((resolve) => {
      this.#abandon = () => {
        this.lines.close();
        for (const stream of child.stdio) stream?.destroy();
        child.unref();
        resolve(undefined);
      };
    });
    // Children of the program may hold its pipes after its end.
    child.once("exit", () => {
      const silence = this.#later(() => this.#abandon());
      child.stdout.on("data", () => silence.refresh());
    });
    signal?.addEventListener("abort", this.#stop);
    if (signal?.aborted) this.#stop();
  }

  #abandon: () => void = () => undefined;

  readonly #stop = () => {
    this.#child.kill("SIGTERM");
    this.#later(() => {
      this.#child.kill("SIGKILL");
      // The program may be another user's, such as sudo's, so that it cannot be killed.
      this.#abandon();
    });
  };

  #later(task: () => void): NodeJS.Timeout {
    const timer = setTimeout(task, PATIENCE_MS);
    this.#timers.push(timer);
    return timer;
  }

  /** Whether the conversation was ended from here. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** Sets the deadline: `seconds` from now, instead of the deadline before. */
  allow(seconds: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      this.#expired = seconds;
      this.#stop();
    }, seconds * 1000);
  }

  /** Ends the conversation from here. @param why a clause about the host */
  break(why: string): void {
    this.#broken ??= why;
    this.#stop();
  }

  /** Writes one line. */
  send(value: object): void {
    this.input.write(`${JSON.stringify(value)}\n`);
  }

  /**
   * Waits for the end of the shell. `stderr` is the end of its standard error, `expired` the deadline in seconds when it has
   * passed, and `broken` says in a clause why the conversation was ended from here.
   */
  async ended() {
    const result = await Promise.race([this.#child, this.#abandoned]);
    const { exitCode, signalCode } = this.#child;
    const { code, notRun } = endOf(
      result ?? { exitCode: exitCode ?? undefined, signal: signalCode ?? "SIGKILL" },
    );
    for (const timer of [this.#deadline, ...this.#timers]) clearTimeout(timer);
    this.#signal?.removeEventListener("abort", this.#stop);
    return { code, notRun, stderr: this.#stderr, expired: this.#expired, broken: this.#broken };
  }
}

/** How a shell ended, and why it was ended from here. */
export type ShellEnd = Awaited<ReturnType<HostShell["ended"]>>;

function startShell(file: string, argv: readonly string[]) {
  // The operator's credentials stay on this machine, so ssh itself does not get them either.
  return start(file, argv, { buffer: false, env: withoutOperatorVariables(process.env) });
}
