/** One conversation with the host program: opens the host, delivers what it lacks, sends the request, reads events. */
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { hostEvent, type HostEvent } from "../contract/session-events.ts";
import type { ProgramDigest } from "../lib/program-digest.ts";
import { withoutOperatorVariables } from "../lib/operator-variables.ts";
import { endOf, start } from "../lib/process.ts";
import { bootstrapScript, type BootstrapPlaces } from "./bootstrap.ts";
import { readGreeting } from "./greeting.ts";
import { deliverNode, type NodeSource } from "./own-node.ts";
import { explainFailure, hostName, shellCommand } from "./ssh.ts";
import type { HostRequest } from "../contract/actions.ts";
import type { Connection } from "../contract/connection.ts";

/** The host program as it is delivered. */
export interface HostProgram extends ProgramDigest {
  readonly source: Buffer;
}

export interface SessionOptions {
  readonly connection: Connection;
  readonly program: HostProgram;
  readonly request: HostRequest;
  /** Seconds until the conversation is given up; what a host without Node is sent has a time of its own before. */
  readonly deadlineSeconds: number;
  /** Answers `need-token`: the returned value is sent as one JSON line. */
  readonly answer?: (event: Extract<HostEvent, { event: "need-token" }>) => Promise<unknown>;
  /** Gives the conversation up; the host program ends as soon as it notices. */
  readonly signal?: AbortSignal;
  /** Hears everything else that is not the end. */
  readonly hear?: (event: HostEvent) => Promise<void> | void;
  /** From where Node comes for a host that has none; the user's cache when undefined. */
  readonly node?: NodeSource;
  /** Where the host looks for it; see `bootstrap.ts`. */
  readonly places?: BootstrapPlaces;
}

/** How a conversation ended. */
export type SessionOutcome =
  | { readonly kind: "done"; readonly result: unknown }
  /** The program ran and says what went wrong, one sentence each; `result` is what it did all the same. */
  | { readonly kind: "failed"; readonly problems: readonly string[]; readonly result: unknown }
  /** The host could not be asked; `begun` says whether the program may have run. */
  | { readonly kind: "unreachable"; readonly reason: string; readonly begun: boolean };

/** What one conversation may send us, in bytes: a host's answer must not fill our memory. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** ssh's own exit code for a connection that failed; see ssh(1), "EXIT STATUS". */
const SSH_FAILED = 255;
const ATTEMPTS = 3;
/** Node may be on its way to us first, and then on a slow line to the host. */
const NODE_SECONDS = 1800;

/** Holds one conversation; tries again only while the program has not begun. */
export async function converse(options: SessionOptions): Promise<SessionOutcome> {
  for (let attempt = 1; ; attempt++) {
    const { outcome, retry } = await converseOnce(options);
    if (!retry || attempt === ATTEMPTS) return outcome;
    await new Promise((resolve) => setTimeout(resolve, attempt * 1000));
  }
}

async function converseOnce(
  options: SessionOptions,
): Promise<{ readonly outcome: SessionOutcome; readonly retry: boolean }> {
  const { connection, program, request } = options;
  const marker = `claude-fleet-${randomBytes(8).toString("hex")}`;
  const sized = { ...program, size: program.source.length };
  const script = bootstrapScript(sized, marker, ["serve"], options.places);
  const [file, ...argv] = shellCommand(connection, script);
  const child = start(file, argv, {
    buffer: false,
    // Credentials stay on this machine: not even the variables of ssh have them.
    env: withoutOperatorVariables(process.env),
  });

  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr = (stderr + chunk).slice(-8000)));
  // A host that goes away while we write shows in its exit code; the pipe's own error adds nothing to it.
  child.stdin.on("error", () => undefined);
  let expired: number | undefined;
  let deadline: NodeJS.Timeout | undefined;
  const allow = (seconds: number) => {
    clearTimeout(deadline);
    deadline = setTimeout(() => {
      expired = seconds;
      child.kill("SIGTERM");
    }, seconds * 1000);
  };
  allow(options.deadlineSeconds);

  const giveUp = () => child.kill("SIGTERM");
  options.signal?.addEventListener("abort", giveUp);
  if (options.signal?.aborted) giveUp();

  let begun = false;
  let end: SessionOutcome | undefined;
  let broken: string | undefined;
  let received = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received <= MAX_ANSWER_BYTES) return;
    broken = `it sent more than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`;
    child.kill("SIGTERM");
  });
  const lines = createInterface({ input: child.stdout, crlfDelay: Infinity });
  try {
    for await (const line of lines) {
      if (broken !== undefined) break;
      if (!begun) {
        if (!line.startsWith(`${marker} `)) continue;
        const greeting = readGreeting(line.slice(marker.length + 1));
        if (greeting?.kind === "node-wanted") {
          allow(NODE_SECONDS);
          broken = await deliverNode(options, greeting, child.stdin);
          if (broken !== undefined) break;
          continue;
        }
        if (greeting?.kind !== "program") {
          broken = greeting?.why ?? "its first answer could not be read";
          break;
        }
        begun = true;
        allow(options.deadlineSeconds);
        if (greeting.wanted) child.stdin.write(program.source);
        child.stdin.write(`${JSON.stringify(request)}\n`);
        continue;
      }
      const event = parseEvent(line);
      if (event === undefined) {
        broken = "the host program's answer could not be read";
        break;
      }
      if (event.event === "result") end = { kind: "done", result: event.result };
      else if (event.event === "failed")
        end = { kind: "failed", problems: event.problems, result: event.result };
      else if (event.event === "need-token") {
        const reply =
          options.answer === undefined
            ? { user: event.user, error: "not allowed here" }
            : await options.answer(event);
        child.stdin.write(`${JSON.stringify(reply)}\n`);
      } else await options.hear?.(event);
    }
  } finally {
    child.stdin.end();
    if (broken !== undefined) child.kill("SIGTERM");
  }
  const { code, notRun } = endOf(await child);
  clearTimeout(deadline);
  options.signal?.removeEventListener("abort", giveUp);
  if (end !== undefined) return { outcome: end, retry: false };
  const reason =
    notRun !== undefined
      ? `${hostName(connection)}: ${file} could not be started (${notRun}).`
      : expired !== undefined
        ? `${hostName(connection)}: no answer within ${expired} s; look at its load, then run this again.`
        : broken !== undefined
          ? `${hostName(connection)}: ${broken}.`
          : explainFailure(connection, code, stderr);
  return {
    outcome: { kind: "unreachable", reason, begun },
    retry:
      !options.signal?.aborted && !begun && code === SSH_FAILED && expired === undefined && isPassing(stderr),
  };
}

/** Refusals are final; only a connection that was cut or turned away for load is worth another try. */
function isPassing(stderr: string): boolean {
  return /Connection (reset|closed)|kex_exchange_identification|Broken pipe/i.test(stderr);
}

function parseEvent(line: string): HostEvent | undefined {
  try {
    return hostEvent.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
