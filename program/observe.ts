/** Asks hosts for their state before anything is declared: read-only, all at once, each with a deadline. */
import * as command from "@pulumi/command";
import { observedAnswer } from "../contract/observed-answer.ts";
import { hostCommandLine } from "../components/host-command.ts";
import { resultSchema, type ActionName, type RequestOf, type ResultOf } from "../contract/actions.ts";
import type { Connection } from "../contract/connection.ts";

/** What a host said, or why it could not be asked. */
export type Observed<T> =
  { readonly kind: "seen"; readonly observation: T } | { readonly kind: "unknown"; readonly reason: string };

/** Asks one host; never throws for what a host does or says. */
export async function observe<Name extends ActionName>(
  connection: Connection,
  request: RequestOf<Name>,
): Promise<Observed<ResultOf<Name>>> {
  const { stdout } = await command.local.run({
    command: hostCommandLine("observe"),
    stdin: JSON.stringify({ connection, request }),
    // Standard error has nothing but what a person waits for, such as a Node on its way to a host without one.
    logging: command.local.Logging.Stderr,
  });
  const answer = observedAnswer.safeParse(JSON.parse(stdout));
  if (!answer.success) return { kind: "unknown", reason: "the answer could not be read" };
  if (answer.data.kind === "unreachable") return { kind: "unknown", reason: answer.data.reason };
  const observation = resultSchema<Name>(request.action).safeParse(answer.data.observation);
  if (!observation.success) {
    const issue = observation.error.issues[0];
    return {
      kind: "unknown",
      reason: `the host's answer is not of the agreed shape (${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""})`,
    };
  }
  return { kind: "seen", observation: observation.data };
}
