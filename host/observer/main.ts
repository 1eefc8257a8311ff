/**
 * `observe`: the forced command of an observer's ssh key (docs/ci.md). Never runs what the key's owner asks ssh to run. It
 * only tells from that text which of two questions is meant, and takes the marker that begins the answer.
 */
import { ExpectedError, problemsOf } from "../../lib/expected-error.ts";
import { programSource } from "../running-program.ts";
import { parseRequest } from "../../contract/parse-messages.ts";
import { realSystem } from "../real-system.ts";
import { FleetRecord } from "../workstation/fleet-record.ts";
import { observeWorkstation } from "../workstation/observe-workstation.ts";
import { observeRules } from "../monitoring-rules.ts";
import { StreamSession } from "../session.ts";
import { handle, type HandlerContext } from "../handlers.ts";
import type { HostSystem } from "../system.ts";
import { readApprovedCopies } from "../token/approved-copies.ts";
import { serveEngine } from "./docker-proxy.ts";
import { allowedRequest, withUnknownFiles, type OnRecord } from "./allowed-requests.ts";
import type { HostRequest } from "../../contract/actions.ts";

/** The marker that `remote/session.ts` sends. */
const MARKER = /claude-fleet-[0-9a-f]{16}/;

/** The command that Docker's clients run on a host that they reach by ssh. */
const DIAL = /^docker(?: -H \S+)? system dial-stdio$/;

/** Returns the path of the engine's socket, as Docker's own commands find it. */
function engineSocket({ DOCKER_HOST = "" }: NodeJS.ProcessEnv): string {
  return DOCKER_HOST.startsWith("unix://") ? DOCKER_HOST.slice("unix://".length) : "/var/run/docker.sock";
}

/** Serves one question. @returns the exit code: 0 when it was answered */
export async function observerMain(): Promise<number> {
  const original = process.env["SSH_ORIGINAL_COMMAND"] ?? "";
  if (DIAL.test(original)) {
    await serveEngine(process.stdin, process.stdout, engineSocket(process.env));
    return 0;
  }
  const marker = MARKER.exec(original)?.[0];
  if (marker === undefined) {
    process.stderr.write("this key only answers a preview of claude-fleet\n");
    return 1;
  }
  // The bootstrap's loader prints the same when the program is installed: the operator must not send one.
  process.stdout.write(`${marker} have\n`);
  return observeOnly(process.stdin, process.stdout, async () => realSystem(await programSource()));
}

/** Answers the request on `input` if an observer may make it. @returns the exit code */
export async function observeOnly(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  system: () => Promise<HostSystem>,
): Promise<number> {
  const session = new StreamSession(input, output);
  try {
    const request = parseRequest(await session.request());
    session.emit({ event: "result", result: await answer(request, { session, system }) });
    return 0;
  } catch (error) {
    session.emit({ event: "failed", problems: [...problemsOf(error)], result: null });
    return 1;
  }
}

async function answer(request: HostRequest, context: HandlerContext): Promise<unknown> {
  const narrowed = allowedRequest(request, await onRecord(request, context.system));
  if ("refused" in narrowed) throw new ExpectedError(narrowed.refused);
  const allowed = narrowed.request;
  if (request.action === "observe-workstation" && allowed.action === "observe-workstation")
    return withUnknownFiles(request.plan, await observeWorkstation(await context.system(), allowed.plan));
  return (await handle(allowed, context)).result;
}

async function onRecord(request: HostRequest, system: () => Promise<HostSystem>): Promise<OnRecord> {
  const nothing = { plan: undefined, gated: false, placed: false };
  if (request.action === "observe-workstation") {
    const plan = await new FleetRecord(await system(), request.plan.fleet).plan();
    return { ...nothing, plan };
  }
  if (request.action === "observe-token") {
    const { gateRecord } = await readApprovedCopies(request.token.file);
    return { ...nothing, gated: gateRecord.generation > 0 };
  }
  if (request.action === "observe-rules") {
    return { ...nothing, placed: (await observeRules(await system(), request.rules)).generation > 0 };
  }
  return nothing;
}
