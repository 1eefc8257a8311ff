/** Runs one request: picks the action, holds the host's lock around changes, says how it ended. */
import { ExpectedError, plainText, problemsOf } from "../lib/expected-error.ts";
import { apply } from "./apply.ts";
import { observeWorkstation } from "./observe-workstation.ts";
import { refuseTooManyChanges } from "./limits.ts";
import { awaitLogin } from "./operate/await-login.ts";
import { pause, resume } from "./operate/pause.ts";
import { runAgent } from "./operate/run-agent.ts";
import { workstationStatus } from "./operate/status.ts";
import { findTarget } from "./operate/target.ts";
import type { Outcome } from "./outcome.ts";
import { programSource } from "./program.ts";
import type { HostRequest } from "./protocol/conversation.ts";
import { realSystem } from "./real-system.ts";
import { parseRequest } from "./requests.ts";
import { remove, retire } from "./retire.ts";
import { actOnRotation } from "./rotation.ts";
import { observeRules, placeRules, removeRules } from "./rules.ts";
import { Session, type Operator } from "./session.ts";
import type { HostSystem } from "./system.ts";
import { clearContainer } from "./token/clear-container.ts";
import { gate } from "./token/gate.ts";
import { observeTokenFile } from "./token/observe.ts";
import { putBack } from "./token/put-back.ts";
import { recreateService } from "./token/recreate.ts";
import { staleProcesses } from "./token/stale-processes.ts";
import { verifyContainer } from "./token/verify-container.ts";

/**
 * Serves the one request on standard input.
 * @returns the exit code: 0 when everything was done, 1 when anything was not (the last event says what)
 */
export async function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<number> {
  // The operator's shell may have narrowed it; every file's own rights are set on purpose.
  process.umask(0o022);
  const session = new Session(input, output);
  try {
    const request = parseRequest(await session.request());
    const { result, problems } = await act(request, session, async () => realSystem(await programSource()));
    if (problems.length === 0) {
      session.emit({ event: "result", result });
      return 0;
    }
    session.emit({ event: "failed", problems: cut(problems), result });
  } catch (error) {
    session.emit({ event: "failed", problems: cut(problemsOf(error)), result: null });
  }
  return 1;
}

/** Does what `request` asks. `system` is made only for the actions of a workstation. */
export async function act(
  request: HostRequest,
  operator: Operator,
  system: () => Promise<HostSystem>,
): Promise<Outcome<unknown>> {
  switch (request.action) {
    case "observe-workstation":
      return done(await observeWorkstation(await system(), request.plan));
    case "retire":
      return locked(await system(), async (host) => {
        await refuseTooManyChanges(host, request.plan, request.maxChanges);
        return retire(host, request.plan, operator);
      });
    case "apply":
      return locked(await system(), async (host) => {
        await refuseTooManyChanges(host, request.plan, request.maxChanges);
        return apply(host, request.plan, operator);
      });
    case "remove":
      return locked(await system(), (host) => remove(host, request.plan, operator));
    case "observe-token":
      return done(await observeTokenFile(request));
    case "gate":
      return done(await gate(request.token, request.sha256, operator));
    case "put-back":
      return done(await putBack(request.token, operator));
    case "clear-container":
      return done(await clearContainer(request.leftover));
    case "recreate":
      return done(await recreateService(request.recreation));
    case "verify-container":
      return done(await verifyContainer(request.check));
    case "stale-processes":
      return done(await staleProcesses(request.question, operator));
    case "run-agent": {
      const host = await system();
      return done(await runAgent(host, await findTarget(host, request.target), operator));
    }
    case "await-login": {
      const host = await system();
      const target = await findTarget(host, request.target);
      return done(await awaitLogin(host, target, request.timeoutSeconds, operator));
    }
    case "pause":
      return locked(await system(), async (host) => {
        const mark = {
          by: plainText(request.by, 200),
          at: new Date().toISOString(),
          reason: plainText(request.reason, 500),
        };
        return done(await pause(host, await findTarget(host, request.target), mark));
      });
    case "resume":
      return locked(await system(), async (host) =>
        done(await resume(host, await findTarget(host, request.target))),
      );
    case "observe-rules":
      return done(await observeRules(await system(), request.rules));
    case "place-rules":
      return done(await placeRules(await system(), request.rules));
    case "remove-rules":
      return done(await removeRules(await system(), request.rules));
    case "status":
      return done(await workstationStatus(await system(), request.fleet, new Date()));
    default:
      return done(await actOnRotation(request, operator));
  }
}

function done<T>(result: T): Outcome<T> {
  return { result, problems: [] };
}

async function locked<T>(
  system: HostSystem,
  work: (system: HostSystem) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const lock = await system.lock();
  if (lock === undefined) {
    throw new ExpectedError(
      "Another change of this host has been under way for 5 minutes; wait for it, or look for a hanging claude-fleet-host there.",
    );
  }
  try {
    return await work(system);
  } finally {
    await lock.release();
  }
}

/** The protocol's bounds: a host with a thousand broken users still answers. */
function cut(problems: readonly string[]): string[] {
  return problems.slice(0, 1000).map((problem) => problem.slice(0, 2000));
}
