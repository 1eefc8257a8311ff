/** Runs the one request on standard input, and says how it ended. */
import { parseRequest } from "../contract/parse-messages.ts";
import { problemsOf } from "../lib/expected-error.ts";
import { handle } from "./handlers.ts";
import { programSource } from "./running-program.ts";
import { realSystem } from "./real-system.ts";
import { StreamSession } from "./session.ts";

/**
 * Serves the one request on standard input.
 * @returns the exit code: 0 when everything was done, 1 when anything was not (the last event says what)
 */
export async function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<number> {
  // The operator's shell may have narrowed it; every file's own rights are set on purpose.
  process.umask(0o022);
  const session = new StreamSession(input, output);
  try {
    const request = parseRequest(await session.request());
    const system = async () => realSystem(await programSource());
    const { result, problems } = await handle(request, { session, system });
    if (problems.length === 0) {
      session.emit({ event: "result", result });
      return 0;
    }
    session.emit({ event: "failed", problems: cut(problems), result });
  } catch (error) {
    session.emit({ event: "failed", problems: cut(problemsOf(error)), result: null });
  }
  return 1;
}

/** The protocol's bounds: a host with a thousand broken users still answers. */
function cut(problems: readonly string[]): string[] {
  return problems.slice(0, 1000).map((problem) => problem.slice(0, 2000));
}
