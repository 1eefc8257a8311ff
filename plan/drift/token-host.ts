/** Says in words where a token's host differs from what the gate and the rollout left there. */
import type { TokenFileObservation } from "../../contract/token-file.ts";
import { short } from "../digests.ts";
import type { TokenPlan } from "../model.ts";
import { withCounter } from "./apply-counter.ts";
import { fromHost } from "../../lib/printable.ts";

/** What a review of one token found. */
export interface TokenDrift {
  /** Notes of what has the gate run: what it and the rollout repair, and what it will refuse. */
  readonly gate: readonly string[];
  /** Notes about containers, by their names; on a host where no gate has been, they are not told one by one. */
  readonly containers: ReadonlyMap<string, string>;
  /** What could not be found out. */
  readonly unknown: readonly string[];
  /** What stops this rollout alone until a person has mended it: no file, not a token. One sentence each. */
  readonly refused: readonly string[];
  /** What a rollout would do now, in one sentence: which file, from which to which digest, who follows in which order. */
  readonly announced: string | undefined;
  /** What the host lacks. */
  readonly missing: readonly string[];
}

/** Compares. */
export function tokenDrift(token: TokenPlan, observation: TokenFileObservation | "unreachable"): TokenDrift {
  if (observation === "unreachable") {
    const unknown = [`token ${token.name}: its host does not answer`];
    return { gate: [], containers: new Map(), unknown, refused: [], announced: undefined, missing: [] };
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
      : [...[...copyDrift(token, observation), ...refused].map(noted), ...containers.values()],
    containers,
    unknown: away ? [`token ${token.name}: the container engine does not answer`] : [],
    refused,
    announced: refused.length > 0 ? undefined : announcement(token, observation),
    missing: observation.missing.map((sentence) => `token ${token.name}: ${fromHost(sentence)}`),
  };
}

/**
 * Why nothing may be declared while an engine on this machine does not answer, as a sentence. The provider would go into
 * the state with the address that DOCKER_HOST has just now, and the next refresh would ask that one, whatever DOCKER_HOST
 * is by then. Source: `resourceInputs["host"]` of @pulumi/docker's provider.js; `refresh` takes providers from the state.
 */
export function engineProblems(
  { name, driver, address }: Pick<TokenPlan, "name" | "driver" | "address">,
  { containers, missing }: Pick<TokenFileObservation, "containers" | "missing">,
): readonly string[] {
  if (driver.kind !== "docker" || address.kind !== "local" || containers !== null) return [];
  const why = missing.map(fromHost).join(" ");
  return [
    `token ${name}: ${why} What it runs is unknown; start it, or correct DOCKER_HOST, and run this again.`,
  ];
}

/**
 * Containers that this fleet has made for another token or service, a sentence each. The engine makes the new ones before it
 * removes the former, which have their names; and it would remove those of all services at once.
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
      `claude-fleet:tokens.${token.name}: the container ${container} is of ${former} in this fleet, not of ${token.name}/${name}. Keep the former name; to change it, take the service out of the settings, run \`pulumi up\`, and add it by the new name then: it is away meanwhile. Where no stack has that container any more, remove it.`,
    ];
  });
}

/** Services of the settings that the compose file does not have, one sentence each; a mistake of the settings. */
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

/** Nothing in it changes between a preview and its `up`. */
function announcement(token: TokenPlan, found: TokenFileObservation): string | undefined {
  const { sha256: wanted, containers } = found;
  if (wanted === null || containers === null) return undefined;
  const digestOf = (name: string) => containers.find((container) => container.name === name)?.sha256;
  const lagging = token.services.filter(({ container }) => digestOf(container) !== wanted);
  if (lagging.length === 0) return undefined;
  const former = [...new Set(lagging.flatMap(({ container }) => digestOf(container) || []))];
  const from =
    former.length === 0 ? "no token" : former.map((digest) => fromHost(short(digest))).join(" and ");
  const order = lagging.map(({ name }) => name).join(", ");
  const { maxUnavailable } = token.rollout;
  const pace = maxUnavailable === 1 ? "one at a time" : `at most ${maxUnavailable} at a time`;
  return `token ${token.name}: ${token.file} goes from ${from} to ${short(wanted)} (${describeFile(found)}); once the gate has passed it these follow, ${pace}: ${order}`;
}

function describeFile({ kind, mode, uid, mtimeMs }: TokenFileObservation): string {
  const written = mtimeMs === null ? "" : `, written ${new Date(mtimeMs).toISOString()}`;
  return fromHost(`${kind ?? "unknown"}, mode ${mode ?? "unknown"}, owner ${uid ?? "unknown"}${written}`);
}

/** What the gate repairs is the current file's; a former one is gone with the next rollout. */
function copyDrift(token: TokenPlan, { sha256: wanted, copies, spoiled }: TokenFileObservation): string[] {
  if (wanted === null) return [];
  const uids = [...new Set(token.services.map((service) => service.uid))].sort((a, b) => a - b);
  return uids.flatMap((uid) => {
    const name = `${wanted}.${uid}`;
    const why = copies.includes(name) ? spoiled.find(({ copy }) => copy === name)?.why : "is missing";
    return why === undefined ? [] : [`copy ${short(wanted)} for user ${uid}: ${fromHost(why)}`];
  });
}

/** Containers that lag behind the file, and why. */
function laggingContainers(token: TokenPlan, found: TokenFileObservation): [name: string, why: string][] {
  const { sha256: wanted, containers } = found;
  if (wanted === null || containers === null) return [];
  return token.services.flatMap(({ container: name, uid }) => {
    const container = containers.find((candidate) => candidate.name === name);
    const why = lagOf(container, wanted, `/${wanted}.${uid}.json`);
    return why === undefined ? [] : [[name, `container ${name}: ${why}`] as [string, string]];
  });
}

/** Why a service's container is not the rollout's own with this token, as a clause; undefined when it is, and runs. */
export function lagOf(
  container: NonNullable<TokenFileObservation["containers"]>[number] | undefined,
  wanted: string,
  copy: string,
): string | undefined {
  if (container === undefined) return "is missing";
  if (container.sha256 === "") return "was not made by this rollout";
  if (container.sha256 !== wanted) {
    return `has the token ${fromHost(short(container.sha256))} instead of ${short(wanted)}`;
  }
  if (container.source?.endsWith(copy) !== true) {
    return `mounts ${fromHost(container.source ?? "nothing")} instead of the gate's copy`;
  }
  if (container.readOnly !== true) return "could write the gate's copy: its mount is not read-only";
  return container.running ? undefined : "does not run";
}
