/** Holds one conversation with the host program: sends what the host lacks, then the request, and reads the events. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostRequest } from "../contract/actions.ts";
import type { Connection } from "../contract/connection.ts";
import { hostEvent, type HostEvent } from "../contract/session-events.ts";
import { parseJson } from "../lib/parse-json.ts";
import { printableValue } from "../lib/printable.ts";
import type { ProgramDigest } from "../lib/program-digest.ts";
import { bootstrapScript, type BootstrapPlaces } from "./bootstrap.ts";
import { CONNECTION_ATTEMPTS, isPassing } from "./connection-attempts.ts";
import { readGreeting } from "./greeting.ts";
import { HostShell, type ShellEnd } from "./host-shell.ts";
import { deliverNode, type NodeSource } from "./own-node.ts";
import { explainFailure } from "./ssh-failures.ts";
import { hostName } from "./ssh.ts";
import type { TokenAnswer } from "../contract/wrapped-token.ts";

/** The host program, as it is sent. */
export interface HostProgram extends ProgramDigest {
  readonly source: Buffer;
}

/** What a conversation is about, and who takes part in it. */
export interface SessionOptions {
  readonly connection: Connection;
  readonly program: HostProgram;
  readonly request: HostRequest;
  /** Seconds until the operator gives up. Sending Node to a host without one has its own time. */
  readonly deadlineSeconds: number;
  /** Answers `need-token`. The returned value is sent as one JSON line. */
  readonly answer?: (event: Extract<HostEvent, { event: "need-token" }>) => Promise<TokenAnswer>;
  /** Ends the conversation. The host program ends as soon as it notices. */
  readonly signal?: AbortSignal | undefined;
  /** Hears every other event but the last. */
  readonly hear?: ((event: HostEvent) => Promise<void> | void) | undefined;
  /** Finds Node for a host that has none. Default: the user's cache. */
  readonly node?: NodeSource;
  /** Where the host looks for Node and for the program; see bootstrap.ts. */
  readonly places?: BootstrapPlaces;
}

/** How a conversation ended. */
export type SessionOutcome =
  | { readonly kind: "done"; readonly result: unknown }
  /** The program ran and reported problems, one sentence each. `result` is what it did nevertheless. */
  | { readonly kind: "failed"; readonly problems: readonly string[]; readonly result: unknown }
  /** The host could not be asked. `begun` says whether the program may have run. */
  | { readonly kind: "unreachable"; readonly reason: string; readonly begun: boolean };

/** Seconds for Node, which is fetched first and may then go over a slow line. */
const NODE_SECONDS = 1800;

/** Holds one conversation. Tries again only while the program has not begun. */
export async function converse(options: SessionOptions): Promise<SessionOutcome> {
  for (let made = 1; ; made++) {
    const { outcome, retry } = await converseOnce(options);
    if (!retry || made === CONNECTION_ATTEMPTS) return outcome;
    await sleep(made * 1000);
  }
}

async function converseOnce(
  options: SessionOptions,
): Promise<{ readonly outcome: SessionOutcome; readonly retry: boolean }> {
  const { connection, program, signal } = options;
  const marker = `claude-fleet-${randomBytes(8).toString("hex")}`;
  const sized = { ...program, size: program.source.length };
  const shell = new HostShell(connection, bootstrapScript(sized, marker, ["serve"], options.places), signal);
  shell.allow(options.deadlineSeconds);
  const { begun, outcome } = await talk(shell, marker, options);
  const end = await shell.ended();
  if (outcome !== undefined) return { outcome, retry: false };
  return {
    outcome: { kind: "unreachable", reason: reasonFor(connection, shell.file, end), begun },
    retry: !signal?.aborted && !begun && end.expired === undefined && isPassing(end),
  };
}

/** Reads the host's lines to their end. Lines before the marker are a login shell's own. */
async function talk(
  shell: HostShell,
  marker: string,
  options: SessionOptions,
): Promise<{ readonly begun: boolean; readonly outcome: SessionOutcome | undefined }> {
  let begun = false;
  let outcome: SessionOutcome | undefined;
  try {
    for await (const line of shell.lines) {
      if (shell.isBroken) break;
      if (begun) outcome = (await readEvent(line, shell, options)) ?? outcome;
      else if (line.startsWith(`${marker} `)) {
        begun = await readFirstWords(line.slice(marker.length + 1), shell, options);
      }
      if (shell.isBroken) break;
    }
  } finally {
    shell.input.end();
  }
  return { begun, outcome };
}

/** Sends Node, or the program and the request, as the bootstrap asks. @returns whether the program begins now */
async function readFirstWords(words: string, shell: HostShell, options: SessionOptions): Promise<boolean> {
  const greeting = readGreeting(words);
  if (greeting?.kind === "node-wanted") {
    shell.allow(NODE_SECONDS);
    const why = await deliverNode(options, greeting, shell.input);
    if (why !== undefined) shell.break(why);
    return false;
  }
  if (greeting?.kind !== "program") {
    shell.break(greeting?.why ?? "its first answer could not be read");
    return false;
  }
  shell.allow(options.deadlineSeconds);
  if (greeting.wanted) shell.input.write(options.program.source);
  shell.send(options.request);
  return true;
}

/**
 * Acts on one event of the host program. What it says may be printed anywhere: its texts are printable, and its progress
 * and problems begin with the host's name. @returns the outcome, when it is the last event
 */
async function readEvent(
  line: string,
  shell: HostShell,
  { connection, answer, hear }: SessionOptions,
): Promise<SessionOutcome | undefined> {
  const event = printableValue(hostEvent.safeParse(parseJson(line)).data);
  const sourced = (said: string) => `${hostName(connection)}: ${said}`;
  if (event === undefined) {
    shell.break("the host program's answer could not be read");
    return undefined;
  }
  switch (event.event) {
    case "result":
      return { kind: "done", result: event.result };
    case "failed":
      return { kind: "failed", problems: event.problems.map(sourced), result: event.result };
    case "need-token":
      shell.send((await answer?.(event)) ?? { user: event.user, error: "not allowed here" });
      return undefined;
    case "progress":
      await hear?.({ ...event, message: sourced(event.message) });
      return undefined;
    default:
      await hear?.(event);
      return undefined;
  }
}

function reasonFor(connection: Connection, file: string, end: ShellEnd): string {
  const host = hostName(connection);
  if (end.expired !== undefined) {
    return `${host}: no answer within ${end.expired} s. Check the load of the host, then run this again.`;
  }
  if (end.broken !== undefined) return `${host}: ${end.broken}.`;
  if (end.notRun !== undefined) return `${host}: ${file} could not be started (${end.notRun}).`;
  return explainFailure(connection, end);
}
