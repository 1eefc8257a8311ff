/** Sends one request to a host and returns its result, or an error that a person can act on. */
import {
  deadlineSeconds,
  resultSchema,
  type ActionName,
  type RequestOf,
  type ResultOf,
} from "../contract/actions.ts";
import type { Connection } from "../contract/connection.ts";
import type { HostEvent } from "../contract/session-events.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { readHostProgram } from "./program-file.ts";
import { converse } from "./session.ts";
import { hostName } from "./ssh.ts";

/** A request to a host, and who hears its events. */
interface Question<Name extends ActionName> {
  readonly connection: Connection;
  readonly request: RequestOf<Name>;
  readonly signal?: AbortSignal | undefined;
  readonly hear?: (event: HostEvent) => void;
}

/** The host could not be asked. `begun` says whether the program may have run there. */
export class UnreachableError extends ExpectedError {
  constructor(
    reason: string,
    readonly begun: boolean,
  ) {
    super(reason);
  }
}

/**
 * Sends the request and returns the result.
 * @throws {UnreachableError} when the host could not be asked
 * @throws {ExpectedError} with the problems that the host reports
 */
export async function askHost<Name extends ActionName>({
  connection,
  request,
  signal,
  hear,
}: Question<Name>): Promise<ResultOf<Name>> {
  const outcome = await converse({
    connection,
    program: await readHostProgram(),
    request,
    deadlineSeconds: deadlineSeconds(request),
    signal,
    hear,
  });
  if (outcome.kind === "unreachable") throw new UnreachableError(outcome.reason, outcome.begun);
  if (outcome.kind === "failed") throw new ExpectedError(outcome.problems);
  const result = resultSchema<Name>(request.action).safeParse(outcome.result);
  if (result.success) return result.data;
  throw new ExpectedError(
    `${hostName(connection)}: its answer does not have the agreed shape. Run \`npm run build\`, then try again.`,
  );
}
