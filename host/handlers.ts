/** Dispatches each action of the table in contract/actions.ts to the code that does it. */
import type { ActionName, HostRequest, RequestOf, ResultOf } from "../contract/actions.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { apply } from "./workstation/apply.ts";
import { refuseTooManyChanges } from "./workstation/refuse-too-many-changes.ts";
import { observeWorkstation } from "./workstation/observe-workstation.ts";
import { awaitLogin } from "./user-runs/await-login.ts";
import { pause, resume } from "./user-runs/pause.ts";
import { runAgent } from "./user-runs/run-agent.ts";
import { workstationStatus } from "./workstation/status.ts";
import { findUser } from "./user-runs/find-user.ts";
import type { Outcome } from "./outcome.ts";
import { removeFleet } from "./workstation/remove-fleet.ts";
import { observeRules, placeRules, removeRules } from "./monitoring-rules.ts";
import type { Session } from "./session.ts";
import type { HostSystem } from "./system.ts";
import { clearLeftover } from "./rollout/clear-leftover.ts";
import { deliverToken, syncEnvironment } from "./rotation/deliver-token.ts";
import { diagnoseToken } from "./rotation/diagnose-token.ts";
import { gate } from "./token/gate.ts";
import { observeTokenFile } from "./token/observe-token-file.ts";
import { putBack } from "./token/put-back.ts";
import { recreateService } from "./rollout/recreate-service.ts";
import { releaseRotationLock, takeRotationLock } from "./rotation/rotation-lock.ts";
import { observeRotation } from "./rotation/rotation-state.ts";
import { runSiteTask } from "./rotation/site-command.ts";
import { staleProcesses } from "./rollout/stale-processes.ts";
import { verifyContainer } from "./rollout/verify-container.ts";
import { unenrolDeparted } from "./workstation/unenrol-users.ts";
import { plainText } from "../lib/printable.ts";

/** What a handler works with. `system` is a function, because a token host needs no systemd. */
export interface HandlerContext {
  readonly session: Session;
  readonly system: () => Promise<HostSystem>;
}

type Handler<Name extends ActionName> = (
  request: RequestOf<Name>,
  context: HandlerContext,
) => Promise<Outcome<ResultOf<Name>>>;

const HANDLERS: { readonly [Name in ActionName]: Handler<Name> } = {
  "observe-workstation": async ({ plan }, { system }) => done(observeWorkstation(await system(), plan)),
  "observe-token": (request) => done(observeTokenFile(request)),
  "observe-rules": async ({ rules }, { system }) => done(observeRules(await system(), rules)),
  retire: ({ plan, maxChanges }, context) =>
    locked(context, async (host) => {
      await refuseTooManyChanges(host, plan, maxChanges);
      return unenrolDeparted(host, plan, context.session);
    }),
  apply: ({ plan, maxChanges }, context) =>
    locked(context, async (host) => {
      await refuseTooManyChanges(host, plan, maxChanges);
      return apply(host, plan, context.session);
    }),
  remove: ({ plan }, context) => locked(context, (host) => removeFleet(host, plan, context.session)),
  gate: ({ token, sha256 }, { session }) => done(gate(token, sha256, session)),
  clear: ({ leftover }) => done(clearLeftover(leftover)),
  recreate: ({ recreation }) => done(recreateService(recreation)),
  verify: ({ check }) => done(verifyContainer(check)),
  stale: ({ question }, { session }) => done(staleProcesses(question, session)),
  rules: async ({ rules }, { system }) => done(placeRules(await system(), rules)),
  "remove-rules": async ({ rules }, { system }) => done(removeRules(await system(), rules)),
  status: async ({ fleet }, { system }) => done(workstationStatus(await system(), fleet, new Date())),
  "run-agent": async ({ target }, { session, system }) => {
    const host = await system();
    return done(runAgent(host, await findUser(host, target), session));
  },
  "await-login": async ({ target, timeoutSeconds }, { session, system }) => {
    const host = await system();
    return done(awaitLogin(host, await findUser(host, target), timeoutSeconds, session));
  },
  pause: ({ target, by, reason }, context) =>
    locked(context, async (host) => {
      const marker = { by: plainText(by, 200), at: new Date().toISOString(), reason: plainText(reason, 500) };
      return done(pause(host, await findUser(host, target), marker));
    }),
  resume: ({ target }, context) =>
    locked(context, async (host) => done(resume(host, await findUser(host, target)))),
  "put-back": ({ token }, { session }) => done(putBack(token, session)),
  "diagnose-token": ({ question }, { session }) => done(diagnoseToken(question, session)),
  "rotation-state": (request) => done(observeRotation(request)),
  "rotation-lock": ({ token, owner, takeOver }) => done(takeRotationLock(token.file, owner, takeOver)),
  "rotation-unlock": ({ token, id }) => done(releaseRotationLock(token.file, id)),
  "deliver-token": ({ token, id, content }) => done(deliverToken(token, id, content)),
  "sync-environment": ({ token, id, environment }) => done(syncEnvironment(token, id, environment)),
  "run-task": ({ command }) => done(runSiteTask(command)),
};

/** Does the action of `request`. @throws {ExpectedError} when it cannot be done; each handler documents what has changed then */
export function handle(request: HostRequest, context: HandlerContext): Promise<Outcome<unknown>> {
  return handlerOf(request.action)(request, context);
}

function handlerOf<Name extends ActionName>(action: Name): Handler<Name> {
  return HANDLERS[action];
}

async function done<T>(result: Promise<T>): Promise<Outcome<T>> {
  return { result: await result, problems: [] };
}

async function locked<T>(
  { system }: HandlerContext,
  work: (host: HostSystem) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const host = await system();
  const lock = await host.lock();
  if (lock === undefined) {
    throw new ExpectedError(
      "Another change of this host has been under way for 5 minutes; wait for it, or look for a hanging claude-fleet-host on the host.",
    );
  }
  try {
    return await work(host);
  } finally {
    await lock.release();
  }
}
