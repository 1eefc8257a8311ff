/** What every command about one user does: finds the user, asks the host, shows what happens, answers in the form asked for. */
import { plainText } from "../../lib/expected-error.ts";
import { PROTOCOL } from "../../contract/fields.ts";
import type { UserTarget } from "../../contract/user-run.ts";
import type { UserPlan, WorkstationPlan } from "../../plan/model.ts";
import { connectionOf } from "../../plan/requests/connection.ts";
import { askHost } from "../../remote/ask.ts";
import { hostName } from "../../remote/ssh.ts";
import { reportProblems } from "../problems.ts";
import { chooseStack, projectFolder } from "../stack/project.ts";
import { readStackPlan } from "../stack/read-plan.ts";
import { coloured, Progress } from "../terminal.ts";
import { findUser } from "./find-user.ts";
import type { ActionName, RequestOf, ResultOf } from "../../contract/actions.ts";

/** Options of every command. */
export interface UserOptions {
  readonly stack?: string;
  readonly json?: boolean;
}

/** A user whom a host can be asked about. */
export interface Subject {
  readonly user: UserPlan;
  readonly workstation: WorkstationPlan;
  /** The host in words, as ssh names it. */
  readonly host: string;
  readonly target: UserTarget;
  /** Asks the host. Lines of the agent go to standard output unless JSON is asked for, everything else to standard error. */
  readonly ask: <Name extends ActionName>(request: RequestOf<Name>) => Promise<ResultOf<Name>>;
}

/** Ctrl-C, in the shell's number for it. */
const INTERRUPTED = 130;

/**
 * Runs `work` for the user of this name.
 * @returns its exit code; 1 with the problems on standard error when it could not be done, 130 after Ctrl-C
 */
export async function forUser(
  name: string,
  options: UserOptions,
  work: (subject: Subject) => Promise<number>,
): Promise<number> {
  const stop = new AbortController();
  const progress = new Progress(process.stderr);
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    return await work(openSubject(name, options, progress, stop.signal));
  } catch (error) {
    progress.clear();
    if (stop.signal.aborted) {
      process.stderr.write("stopped waiting; a run that has begun goes on to its end on the host\n");
      return INTERRUPTED;
    }
    return reportProblems(error);
  } finally {
    progress.end();
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
  }
}

function openSubject(name: string, options: UserOptions, progress: Progress, signal: AbortSignal): Subject {
  const root = projectFolder();
  const plan = readStackPlan(root, chooseStack(root, options.stack));
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

/** Prints `value` as JSON where that was asked for, else `text`. */
export function answer(options: UserOptions, value: object, text: string): void {
  if (options.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  else if (text !== "") process.stdout.write(`${text}\n`);
}
