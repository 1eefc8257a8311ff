/** Lets Ctrl-C end a command's work in good order. */

/**
 * Runs `work` with a signal that Ctrl-C and SIGTERM abort.
 * @param again what a second Ctrl-C does: `exit` ends the process at once; `wait` lets the work end by itself
 */
export async function withInterrupt<T>(
  again: "exit" | "wait",
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (again === "exit") process.once(signal, interrupt);
    else process.on(signal, interrupt);
  }
  try {
    return await work(stop.signal);
  } finally {
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
  }
}
