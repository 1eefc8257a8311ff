/** Describes how a token's host drifts from the last rollout: the approved copies, and the containers. */
import type { TokenFileObservation } from "../../contract/token-file.ts";
import type { TokenPlan } from "../model.ts";
import { withCounter } from "./apply-counter.ts";
import { doubledContainers, laggingContainers } from "./containers.ts";
import { fromHost } from "../../lib/printable.ts";
import { shortDigest } from "../../lib/sha256.ts";

/** What a review of one token found. */
export interface TokenDrift {
  /** What makes the gate run: drifts that gate and rollout repair, and files that the gate will refuse. */
  readonly gate: readonly string[];
  /** Drifts of containers by their names. On a host without a gate run, `gate` does not name them one by one. */
  readonly containers: ReadonlyMap<string, string>;
  /** What is unknown. */
  readonly unknown: readonly string[];
  /** What a person must repair before this rollout: no file, or not a token. One sentence each. */
  readonly refused: readonly string[];
  /** What a rollout would do now: the file, its digests, and the containers in their order. One sentence. */
  readonly announced: string | undefined;
  /** What the host lacks. */
  readonly missing: readonly string[];
}

/** Compares a token's host with the last rollout. */
export function tokenDrift(token: TokenPlan, observation: TokenFileObservation | "unreachable"): TokenDrift {
  if (observation === "unreachable") {
    const unknown = [`token ${token.name}: its host does not answer`];
    return {
      gate: [],
      containers: new Map(),

      unknown,
      refused: [],
      announced: undefined,
      missing: [],
    };
  }
  const noted = (line: string) => withCounter(line, "gate", observation);
  const refused = observation.complaints.map((sentence) => `token ${token.name}: ${fromHost(sentence)}`);
  const fresh = observation.generation === 0;
  const containers = new Map(
    laggingContainers(token, observation).map(([name, line]) => [name, noted(line)]),
  );
  const away = observation.containers === null && observation.sha256 !== null && !fresh;
  return {
    gate: fresh
      ? (refused.length > 0 ? refused : [`token ${token.name}: the gate has passed no file here`]).map(noted)
      : [
          ...[...copyDrift(token, observation), ...refused, ...doubledContainers(token, observation)].map(
            noted,
          ),
          ...containers.values(),
        ],
    containers,
    unknown: away ? [`token ${token.name}: the container engine does not answer`] : [],
    refused,
    announced: refused.length > 0 ? undefined : announcement(token, observation),
    missing: observation.missing.map((sentence) => `token ${token.name}: ${fromHost(sentence)}`),
  };
}

/**
 * Says why nothing may be declared while an engine on this machine does not answer. The state would keep the present
 * address of DOCKER_HOST, and the next refresh would ask that address whatever DOCKER_HOST is then.
 * Source: `resourceInputs["host"]` of @pulumi/docker's provider.js; `refresh` takes providers from the state.
 */
export function engineProblems(
  { name, driver, address }: Pick<TokenPlan, "name" | "driver" | "address">,
  { containers, missing }: Pick<TokenFileObservation, "containers" | "missing">,
): readonly string[] {
  if (driver.kind !== "docker" || address.kind !== "local" || containers !== null) return [];
  const why = missing.map(fromHost).join(" ");
  return [
    `token ${name}: ${why} Its containers are unknown. Start the engine or correct DOCKER_HOST, then run this again.`,
  ];
}

/**
 * Names the containers that this fleet created for another token or service, a sentence each. The engine creates new
 * containers before it removes the former ones, which have the same names. It would also remove those of all services
 * at once.
 */
export function otherConsumers(
  token: Pick<TokenPlan, "name" | "driver" | "services">,
  { containers }: Pick<TokenFileObservation, "containers">,
): readonly string[] {
  if (token.driver.kind !== "docker" || containers === null) return [];
  return token.services.flatMap(({ name, container }) => {
    const of = containers.find((found) => found.name === container)?.of ?? null;
    if (of === null || (of.token === token.name && of.service === name)) return [];
    const former = fromHost(`${of.token}/${of.service}`);
    return [
      `claude-fleet:tokens.${token.name}: the container ${container} belongs to ${former} in this fleet, not to ${token.name}/${name}. Keep the former name. To change it, remove the service from the settings, run \`pulumi up\`, and add the service under the new name; it does not run meanwhile. If no stack has that container any more, remove the container.`,
    ];
  });
}

/** Names the services of the settings that the compose file does not have, one sentence each. */
export function composeProblems(
  token: TokenPlan,
  { composeServices }: TokenFileObservation,
): readonly string[] {
  const { driver } = token;
  if (driver.kind !== "compose" || composeServices === null) return [];
  const known = composeServices.map(fromHost).join(", ");
  return token.services
    .filter(({ name }) => !composeServices.includes(name))
    .map(
      ({ name }) =>
        `claude-fleet:tokens.${token.name}: ${driver.file} has no service ${name}; it has ${known === "" ? "none" : known}.`,
    );
}

/** Announces a rollout. Nothing in the text changes between a preview and its `up`. */
function announcement(token: TokenPlan, found: TokenFileObservation): string | undefined {
  const { sha256: wanted, containers } = found;
  if (wanted === null || containers === null) return undefined;
  const digestOf = (name: string) => containers.find((container) => container.name === name)?.sha256;
  const lagging = token.services.filter(({ container }) => digestOf(container) !== wanted);
  if (lagging.length === 0) return undefined;
  const former = [...new Set(lagging.flatMap(({ container }) => digestOf(container) || []))];
  const from =
    former.length === 0 ? "no token" : former.map((digest) => fromHost(shortDigest(digest))).join(" and ");
  const order = lagging.map(({ name }) => name).join(", ");
  const { maxUnavailable } = token.rollout;
  const pace = maxUnavailable === 1 ? "one at a time" : `at most ${maxUnavailable} at a time`;
  return `token ${token.name}: ${token.file} changes from ${from} to ${shortDigest(wanted)} (${describeFile(found)}). After the gate, the rollout replaces ${pace}: ${order}`;
}

function describeFile({ kind, mode, uid, mtimeMs }: TokenFileObservation): string {
  const written = mtimeMs === null ? "" : `, written ${new Date(mtimeMs).toISOString()}`;
  return fromHost(`${kind ?? "unknown"}, mode ${mode ?? "unknown"}, owner ${uid ?? "unknown"}${written}`);
}

/** Compares the approved copies of the current file. The next rollout removes those of former files. */
function copyDrift(token: TokenPlan, { sha256: wanted, copies, spoiled }: TokenFileObservation): string[] {
  if (wanted === null) return [];
  const uids = [...new Set(token.services.map((service) => service.uid))].sort((a, b) => a - b);
  return uids.flatMap((uid) => {
    const name = `${wanted}.${uid}`;
    const why = copies.includes(name) ? spoiled.find(({ copy }) => copy === name)?.why : "is missing";
    return why === undefined ? [] : [`approved copy ${shortDigest(wanted)} for uid ${uid}: ${fromHost(why)}`];
  });
}
