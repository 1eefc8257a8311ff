/** Serves one request: reads it from standard input, does it, and writes the events. */
import { parseRequest } from "../contract/parse-messages.ts";
import { PROTOCOL_LIMITS } from "../contract/protocol-limits.ts";
import { problemsOf } from "../lib/expected-error.ts";
import { handle } from "./handlers.ts";
import { programSource } from "./running-program.ts";
import { realSystem } from "./real-system.ts";
import { StreamSession } from "./session.ts";

/**
 * Serves the request on `input`.
 * @returns the exit code: 0 when everything succeeded, else 1; the last event says what failed
 */
export async function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<number> {
  // The operator's shell may have set a narrower umask. Every file gets its mode explicitly.
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

function cut(problems: readonly string[]): string[] {
  return problems.slice(0, PROTOCOL_LIMITS.problems).map((text) => text.slice(0, PROTOCOL_LIMITS.problem));
}
