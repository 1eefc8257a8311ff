/** `claude-fleet host ACTION`: runs one action on a host for a command resource, and does the operator's part of it. */
import { deadlineSeconds, type ActionBy, type HostRequest } from "../../contract/actions.ts";
import { commandInput } from "../../contract/command-input.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import { loginCommand } from "../../claude/login-command.ts";
import { applyResult, type ApplyResult } from "../../contract/workstation.ts";
import { parseJson } from "../../lib/parse-json.ts";
import { Enrolment } from "../../remote/enrolment.ts";
import { readHostProgram } from "../../remote/program-file.ts";
import { converse } from "../../remote/session.ts";
import { printProblems } from "../problems.ts";
import { readStandardInput } from "../json-input.ts";

/**
 * Runs `action` with the request on standard input. Progress and problems go to standard error, which Pulumi shows;
 * the result goes to standard output, which the state keeps.
 * @returns the exit code: 0 only when everything was done
 */
export async function runAction(action: ActionBy<"resource">): Promise<number> {
  const input = await readStandardInput(commandInput(action));
  const { connection, vault } = input;
  const request: HostRequest = input.request;
  const operator = await Enrolment.open(request, vault);
  const problems: string[] = [];

  const outcome = await converse({
    connection,
    program: await readHostProgram(),
    request,
    deadlineSeconds: deadlineSeconds(request),
    answer: ({ user }) => operator.mint(user),
    hear: async (event) => {
      if (event.event === "progress") process.stderr.write(`${event.message}\n`);
      if (event.event === "revoke") problems.push(...(await operator.revoke(event.user, event.accessor)));
    },
  });

  const result = outcome.kind === "unreachable" ? undefined : outcome.result;
  const applied = action === "apply" ? applyResult.safeParse(result).data : undefined;
  problems.push(
    ...(await operator.settle(
      applied,
      action === "apply" || action === "remove" ? previousAccessors() : new Map(),
    )),
  );
  if (outcome.kind === "failed") problems.push(...outcome.problems);
  if (outcome.kind === "unreachable") {
    problems.push(
      action === "remove"
        ? `${outcome.reason} Its users' tokens were revoked. If the host is gone for good, take its resources out of the state by \`pulumi state delete URN\`.`
        : outcome.reason,
    );
  }
  if (applied !== undefined && request.action === "apply") announceLogins(request.plan, applied);
  if (result !== undefined && problems.length === 0) process.stdout.write(`${JSON.stringify(result)}\n`);
  return printProblems(problems);
}

/** Users by the accessors that the last successful apply left in the state; Pulumi hands its output to the next command. */
function previousAccessors(): ReadonlyMap<string, string> {
  const stdout = parseJson(process.env["PULUMI_COMMAND_STDOUT"] ?? "");
  const users = applyResult.safeParse(stdout).data?.users ?? [];
  return new Map(
    users.flatMap(({ name, accessor }) => (accessor === null ? [] : [[accessor, name] as const])),
  );
}

function announceLogins({ host, users }: HostPlan, applied: ApplyResult): void {
  for (const { name, awaitingLogin } of applied.users) {
    const user = users.find((candidate) => candidate.name === name);
    if (awaitingLogin && user !== undefined) {
      process.stderr.write(
        `${name} has not logged in on ${host} yet; as ${name} there: ${loginCommand(user.email)}\n`,
      );
    }
  }
}
