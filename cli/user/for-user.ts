/** Does what every command about one user shares: finds the user, asks the host, shows progress, prints the answer. */
import type { ActionName, RequestOf, ResultOf } from "../../contract/actions.ts";
import { PROTOCOL } from "../../contract/fields.ts";
import type { UserTarget } from "../../contract/user-run.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import type { FleetPlan, UserPlan, WorkstationPlan } from "../../plan/model.ts";
import { nearest } from "../../lib/nearest-word.ts";
import { connectionOf } from "../../plan/requests/connection.ts";
import { askHost } from "../../remote/ask.ts";
import { hostName } from "../../remote/ssh.ts";
import { INTERRUPTED, type StackOptions } from "../help.ts";
import { reportProblems } from "../problems.ts";
import { withInterrupt } from "../interrupt.ts";
import { openStack } from "../stack/open-stack.ts";
import { coloured } from "../colours.ts";
import { Progress } from "../progress.ts";
import { plainText, printable } from "../../lib/printable.ts";

/** Options of every command about a user. */
export interface UserOptions extends Pick<StackOptions, "stack"> {
  readonly json?: boolean;
}

/** A user, and how their host is asked about them. */
export interface Subject {
  readonly user: UserPlan;
  readonly workstation: WorkstationPlan;
  /** The host, as ssh names it. */
  readonly host: string;
  readonly target: UserTarget;
  /** Asks the host. The agent's lines go to standard output unless JSON is asked for, all else to standard error. */
  readonly ask: <Name extends ActionName>(request: RequestOf<Name>) => Promise<ResultOf<Name>>;
}

/**
 * Runs `work` for the user of this name.
 * @returns its exit code; 1 with the problems on standard error when it failed, 130 after Ctrl-C
 */
export function forUser(
  name: string,
  options: UserOptions,
  work: (subject: Subject) => Promise<number>,
): Promise<number> {
  return withInterrupt("exit", async (signal) => {
    const progress = new Progress(process.stderr);
    try {
      return await work(openSubject(name, options, progress, signal));
    } catch (error) {
      progress.clear();
      if (!signal.aborted) return reportProblems(error);
      process.stderr.write("Stopped waiting. A run that has begun goes on to its end, on the host.\n");
      return INTERRUPTED;
    } finally {
      progress.end();
    }
  });
}

function openSubject(name: string, options: UserOptions, progress: Progress, signal: AbortSignal): Subject {
  const { plan } = openStack(options);
  const { user, workstation } = findUser(plan, name);
  const connection = connectionOf(plan, workstation);
  const host = hostName(connection);
  return {
    user,
    workstation,
    host,
    target: { protocol: PROTOCOL, fleet: plan.fleet, user: user.name },
    ask: async (request) => {
      progress.say(`asking ${host}`);
      const result = await askHost({
        connection,
        request,
        signal,
        hear: (event) => {
          if (event.event === "progress") progress.say(event.message);
          if (event.event !== "line" || options.json) return;
          progress.clear();
          process.stdout.write(`${coloured(plainText(event.line, 2000), process.stdout)}\n`);
        },
      });
      progress.clear();
      return result;
    },
  };
}

/** Returns the user of this name and their workstation. @throws {ExpectedError} with the nearest name when there is no such user, and for one who is not renewed */
export function findUser(plan: FleetPlan, name: string): Pick<Subject, "user" | "workstation"> {
  for (const workstation of plan.workstations) {
    const user = workstation.users.find((one) => one.name === name);
    if (user === undefined) continue;
    if (user.renewal) return { user, workstation };
    throw new ExpectedError(
      `${name} is not renewed: the roster says \`renewal: false\`. Set it to true, then \`pulumi up\`.`,
    );
  }
  const names = plan.workstations.flatMap(({ users }) => users.map((user) => user.name));
  const meant = nearest(name, names);
  const hint =
    meant === undefined ? "add the user to the roster, then `pulumi up`" : `did you mean "${meant}"?`;
  throw new ExpectedError(`The roster has no user "${printable(name).slice(0, 60)}"; ${hint}`);
}

/** Prints `value` as JSON where that is asked for, else `text`. */
export function printAnswer(options: { readonly json?: boolean }, value: object, text: string): void {
  if (options.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  else if (text !== "") process.stdout.write(`${text}\n`);
}
