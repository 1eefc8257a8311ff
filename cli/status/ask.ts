/** Asks every host of the plan at once how its users or containers are. Changes nothing, and never waits long. */
import { PROTOCOL } from "../../contract/fields.ts";
import type { FleetPlan, TokenPlan, WorkstationPlan } from "../../plan/model.ts";
import type { Answer, Answers } from "../../plan/status/rows.ts";
import { connectionOf } from "../../plan/requests/connection.ts";
import { observeTokenRequest } from "../../plan/requests/token.ts";
import { converse, type HostProgram } from "../../remote/session.ts";
import { hostName } from "../../remote/ssh.ts";
import { resultSchema, type ActionName, type RequestOf, type ResultOf } from "../../contract/actions.ts";

/** A host that has not answered by then is unknown: the reader of a status waits for all other hosts. */
const DEADLINE_SECONDS = 10;

/** The answers of all hosts; one that fails is an answer, too. */
export async function askFleet(plan: FleetPlan, program: HostProgram, signal: AbortSignal): Promise<Answers> {
  const ask = async <Name extends ActionName>(
    host: WorkstationPlan | TokenPlan,
    request: RequestOf<Name>,
  ): Promise<readonly [string, Answer<ResultOf<Name>>]> => {
    const connection = connectionOf(plan, host);
    // The deadline is for all tries together: a connection that is turned away may be tried three times.
    const limit = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_SECONDS * 1000)]);
    const outcome = await converse({
      ...{ connection, program, request, deadlineSeconds: DEADLINE_SECONDS },
      signal: limit,
    });
    const unknown = (reason: string) => [host.name, { kind: "unknown", reason }] as const;
    if (outcome.kind === "unreachable") {
      return unknown(
        limit.aborted ? `${hostName(connection)}: no answer within ${DEADLINE_SECONDS} s` : outcome.reason,
      );
    }
    if (outcome.kind === "failed") return unknown(outcome.problems.join(" "));
    const parsed = resultSchema<Name>(request.action).safeParse(outcome.result);
    if (parsed.success) return [host.name, { kind: "seen", found: parsed.data }];
    return unknown(`${hostName(connection)}: its answer is not of the agreed shape; run \`npm run build\``);
  };
  const question = { action: "status", protocol: PROTOCOL, fleet: plan.fleet } as const;
  const [workstations, tokens] = await Promise.all([
    Promise.all(plan.workstations.map((one) => ask(one, question))),
    Promise.all(plan.tokens.map((one) => ask(one, observeTokenRequest(plan, one)))),
  ]);
  return { workstations: new Map(workstations), tokens: new Map(tokens) };
}
