/** `claude-fleet host observe`: asks one host for its state and prints the answer; an unreachable host is an answer too. */
import type { HostRequest } from "../../host/protocol/conversation.ts";
import type { ObservedAnswer } from "./observed.ts";
import { readHostProgram } from "./program-file.ts";
import { readCommandInput } from "./request.ts";
import { converse } from "./session.ts";

/** A preview waits no longer than this for one host. */
const DEADLINE_SECONDS = 60;

/** Prints one {@link ObservedAnswer}; exit code 0 unless the request itself is wrong. */
export async function observeHost(): Promise<number> {
  const { connection, request } = await readCommandInput();
  const outcome = await converse({
    connection,
    program: await readHostProgram(),
    // The request was written by this version's own Pulumi program; the host checks its shape.
    request: request as unknown as HostRequest,
    deadlineSeconds: DEADLINE_SECONDS,
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
