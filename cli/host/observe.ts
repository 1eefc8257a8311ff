/** `claude-fleet host observe`: asks one host for its state and prints the answer; an unreachable host is an answer too. */
import { deadlineSeconds } from "../../contract/actions.ts";
import { type ObservedAnswer, observeInput } from "../../contract/command-input.ts";
import { readHostProgram } from "../../remote/program-file.ts";
import { converse } from "../../remote/session.ts";
import { readStandardInput } from "../standard-input.ts";

/** Prints one {@link ObservedAnswer}; exit code 0 unless the request itself is wrong. */
export async function observeHost(): Promise<number> {
  const { connection, request } = await readStandardInput(observeInput);
  const outcome = await converse({
    connection,
    program: await readHostProgram(),
    request,
    deadlineSeconds: deadlineSeconds(request),
    hear: (event) => {
      if (event.event === "progress") process.stderr.write(`${event.message}\n`);
    },
  });
  const answer: ObservedAnswer =
    outcome.kind === "done"
      ? { kind: "observation", observation: outcome.result }
      : {
          kind: "unreachable",
          reason: (outcome.kind === "failed" ? outcome.problems.join(" ") : outcome.reason).slice(0, 2000),
        };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  return 0;
}
