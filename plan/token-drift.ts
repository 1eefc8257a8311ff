/** Says in words where a token's host differs from what the gate and the rollout left there. */
import type { TokenFileObservation } from "../host/protocol.ts";
import { short } from "./digests.ts";
import { fromHost } from "./drift.ts";
import type { TokenPlan } from "./model.ts";

/** What a review of one token found. */
export interface TokenDrift {
  /** Notes of what the gate and the rollout repair: `<thing>: <what differs> (gate N)`. */
  readonly gate: readonly string[];
  /** What could not be found out. */
  readonly unknown: readonly string[];
  /** What stops this rollout alone until a person has mended it: no file, not a token. Sentences without a full stop. */
  readonly refused: readonly string[];
  /** What the host lacks. */
  readonly missing: readonly string[];
}

/** Compares; the notes carry the number of files that the gate has passed, as a workstation's carry its applies. */
export function tokenDrift(token: TokenPlan, observation: TokenFileObservation | "unreachable"): TokenDrift {
  if (observation === "unreachable") {
    const unknown = [`token ${token.name}: its host does not answer`];
    return { gate: [], unknown, refused: [], missing: [] };
  }
  const note = (line: string) => `${line} (gate ${observation.generation})`;
  const refused = fileProblems(token, observation);
  const unknown: string[] = [];
  const lagging = observation.generation === 0 ? [] : rolloutDrift(token, observation, unknown);
  return {
    gate: lagging.map(note),
    unknown,
    refused,
    missing: observation.missing.map((sentence) => `token ${token.name}: ${fromHost(sentence)}`),
  };
}

function fileProblems(token: TokenPlan, found: TokenFileObservation): string[] {
  const thing = `token ${token.name}: ${token.file}`;
  switch (found.type) {
    case "missing":
      return [`${thing} is missing; put the token file there`];
    case "unreadable":
      return [`${thing} cannot be read: ${fromHost(found.detail)}`];
    case "file":
      break;
    default:
      return [`${thing} is a ${found.type} instead of a file; replace it by the token itself`];
  }
  const lines: string[] = [];
  if (found.kind === "invalid") lines.push(`${thing} is no token: ${fromHost(found.detail)}`);
  if (found.kind === "login" && !token.gate.allowRefreshToken) {
    lines.push(
      `${thing} has a refresh token, which containers cannot share; use one of \`claude setup-token\``,
    );
  }
  if (found.mode !== null && !isPrivate(found.mode)) {
    lines.push(`${thing} has the mode ${fromHost(found.mode)}; run \`chmod 600\` on it`);
  }
  return lines;
}

/** Whether an octal mode is closed to everyone but the file's owner. */
function isPrivate(mode: string): boolean {
  return /^[0-7]+$/.test(mode) && (Number.parseInt(mode, 8) & 0o077) === 0;
}

/** Containers and copies that lag behind the file. */
function rolloutDrift(token: TokenPlan, found: TokenFileObservation, unknown: string[]): string[] {
  if (found.sha256 === null) return [];
  const wanted = found.sha256;
  const lines: string[] = [];
  const copies = new Set(found.copies);
  for (const uid of [...new Set(token.services.map((service) => service.uid))].sort((a, b) => a - b)) {
    if (!copies.has(`${wanted}.${uid}`)) lines.push(`copy ${short(wanted)} for user ${uid}: is missing`);
  }
  if (found.containers === null) {
    unknown.push(`token ${token.name}: the container engine does not answer`);
    return lines;
  }
  for (const service of token.services) {
    const container = found.containers.find(({ name }) => name === service.container);
    const thing = `container ${service.container}`;
    if (container === undefined) lines.push(`${thing}: is missing`);
    else if (container.sha256 !== wanted) {
      lines.push(`${thing}: has the token ${fromHost(short(container.sha256))} instead of ${short(wanted)}`);
    } else if (!container.running) lines.push(`${thing}: does not run`);
  }
  return lines;
}
