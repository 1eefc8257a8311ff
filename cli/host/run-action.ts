/** `claude-fleet host ACTION`: runs one action on a host for a command resource, and does the operator's part of it. */
import { deadlineSeconds, resultSchema, type ActionBy, type HostRequest } from "../../contract/actions.ts";
import { commandInput, DRIFT_VARIABLE } from "../../contract/command-input.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import { loginCommand } from "../../claude/login-command.ts";
import { applyResult, type ApplyResult } from "../../contract/workstation.ts";
import { refusalIn } from "../../plan/drift/refused-host.ts";
import { accessorsNamedIn } from "../../plan/drift/unowned-tokens.ts";
import { VAULT_TOKEN } from "../../plan/drift/workstation-users.ts";
import { parseJson } from "../../lib/parse-json.ts";
import { Enrolment } from "../../remote/enrolment.ts";
import { readHostProgram } from "../../remote/program-file.ts";
import { converse, type SessionOutcome } from "../../remote/session.ts";
import { hostName } from "../../remote/ssh.ts";
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
  const drift = process.env[DRIFT_VARIABLE] ?? "";
  const refusal = action === "remove" ? undefined : refusalIn(drift);
  if (refusal !== undefined) return printProblems([`${refusal}.`]);
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

  const result = resultOf(action, outcome);
  const applied = action === "apply" ? applyResult.safeParse(result).data : undefined;
  problems.push(
    ...(await operator.settle({
      applied,
      former: action === "apply" || action === "remove" ? previousAccessors() : new Map(),
      leaving: action === "apply" || action === "retire" ? accessorsNamedIn(drift) : [],
      aboutTokens: drift.includes(VAULT_TOKEN),
    })),
  );
  if (outcome.kind === "failed") problems.push(...outcome.problems);
  if (outcome.kind === "unreachable") {
    problems.push(
      action === "remove"
        ? `${outcome.reason} Its users' tokens were revoked. If the host is gone for good, take its resources out of the state by \`pulumi state delete URN\`.`
        : outcome.reason,
    );
  }
  const host = hostName(connection);
  if (outcome.kind === "done" && result === undefined) {
    problems.push(
      `${host}: its answer does not have the agreed shape. Run \`npm run build\`, then try again.`,
    );
  }
  const failed = applied?.users.filter(({ token }) => token === "failed").map(({ name }) => name) ?? [];
  if (outcome.kind === "done" && failed.length > 0)
    problems.push(`${host}: it did not enrol ${failed.join(", ")}, and does not say why.`);
  if (applied !== undefined && request.action === "apply") announceLogins(request.plan, applied);
  if (result !== undefined && problems.length === 0) process.stdout.write(`${JSON.stringify(result)}\n`);
  return printProblems(problems);
}

/** Returns the result when it has the action's shape. The state keeps it, and later runs of the program read it there. */
function resultOf(action: ActionBy<"resource">, outcome: SessionOutcome): unknown {
  if (outcome.kind === "unreachable") return undefined;
  return resultSchema(action).safeParse(outcome.result).data;
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
