/**
 * A deadline for every step on the user's home. A dead file server blocks a call for ever, and no option of open(2) helps. Node
 * makes such calls in threads of its own, so that this program itself is never blocked.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Files } from "./machine-ports.ts";

let missed = false;

/** Ends this process when a step was late: Node waits at its end for the thread that hangs, and only a kill ends it. */
export function endWithHangingStep(): void {
  if (missed) process.kill(process.pid, "SIGKILL");
}

/** Watches the steps on one home. After a step that was late, every other step fails at once. */
export class HomeDeadline {
  readonly #milliseconds: number;
  #late: Error | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Does one step at `path`. @throws with the code ETIMEDOUT when the step, or one before it, was late */
  async limit<T>(path: string, step: () => Promise<T>): Promise<T> {
    if (this.#late !== undefined) throw this.#late;
    const stop = new AbortController();
    const late = sleep(this.#milliseconds, "late" as const, { signal: stop.signal });
    late.catch(() => undefined);
    const work = step().then((value) => ({ value }));
    try {
      const end = await Promise.race([work, late]);
      if (end !== "late") return end.value;
    } finally {
      stop.abort();
    }
    work.catch(() => undefined);
    const message = `${path} did not answer within ${this.#milliseconds / 1000} s`;
    missed = true;
    this.#late ??= Object.assign(new Error(message), { code: "ETIMEDOUT", path });
    throw this.#late;
  }

  /** Returns `files` with the deadline for each step. */
  files(files: Files): Files {
    const limited = Object.entries(files).map(([name, step]) => [
      name,
      (path: string, ...rest: unknown[]) =>
        this.limit(path, () => (step as (...args: unknown[]) => Promise<unknown>)(path, ...rest)),
    ]);
    return Object.fromEntries(limited) as Files;
  }
}
