/** Asks a host one thing: its answer in the agreed shape, or an error that a person can act on. */
import type { z } from "zod";
import type { HostEvent, HostRequest } from "../../host/protocol/conversation.ts";
import { ExpectedError, plainText } from "../../lib/expected-error.ts";
import { readHostProgram } from "./program-file.ts";
import { converse } from "./session.ts";
import { hostName, type Connection } from "./ssh.ts";

/** A question. */
export interface Question<T> {
  readonly connection: Connection;
  readonly request: HostRequest;
  readonly shape: z.ZodType<T>;
  readonly deadlineSeconds: number;
  readonly signal?: AbortSignal | undefined;
  readonly hear?: (event: HostEvent) => void;
}

/** The host could not be asked; `begun` says whether the program may have run there. */
export class UnreachableError extends ExpectedError {
  constructor(
    reason: string,
    readonly begun: boolean,
  ) {
    super(reason);
  }
}

/**
 * @throws {UnreachableError} when the host could not be asked
 * @throws {ExpectedError} with what the host says went wrong
 */
export async function askHost<T>({ connection, shape, ...rest }: Question<T>): Promise<T> {
  const { request, deadlineSeconds, signal, hear } = rest;
  const outcome = await converse({
    connection,
    program: await readHostProgram(),
    request,
    deadlineSeconds,
    ...(signal === undefined ? {} : { signal }),
    ...(hear === undefined ? {} : { hear }),
  });
  if (outcome.kind === "unreachable") throw new UnreachableError(outcome.reason, outcome.begun);
  if (outcome.kind === "failed") {
    throw new ExpectedError(outcome.problems.map((problem) => plainText(problem, 2000)));
  }
  const result = shape.safeParse(outcome.result);
  if (result.success) return result.data;
  throw new ExpectedError(
    `${hostName(connection)}: its answer is not of the agreed shape; run \`npm run build\`.`,
  );
}
