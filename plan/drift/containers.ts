/** Compares the containers of a token with what the rollout makes of them. */
import type { TokenFileObservation } from "../../contract/token-file.ts";
import { fromHost } from "../../lib/printable.ts";
import { shortDigest } from "../../lib/sha256.ts";
import { definitionDigest } from "../digests.ts";
import type { ContainerPlan, ServicePlan, TokenPlan } from "../model.ts";
import { containerSettingsFaults } from "./container-settings.ts";
import { networkFault, stateFault } from "./container-state.ts";

type FoundContainer = NonNullable<TokenFileObservation["containers"]>[number];

/** Returns the containers that lag behind the file, each with its drift. */
export function laggingContainers(
  token: TokenPlan,
  found: TokenFileObservation,
): [name: string, why: string][] {
  const { sha256: wanted, containers } = found;
  if (wanted === null || containers === null) return [];
  return token.services.flatMap((service) => {
    const why = lagOf(token, service, found, wanted);
    return why === undefined
      ? []
      : [[service.container, `container ${service.container}: ${why}`] as [string, string]];
  });
}

/** Returns why a service's container is not the rollout's running container with this token, as a clause. Undefined: it is. */
export function lagOf(
  token: TokenPlan,
  service: ServicePlan,
  found: Pick<TokenFileObservation, "containers" | "others">,
  wanted: string,
): string | undefined {
  const container = found.containers?.find(({ name }) => name === service.container);
  if (container === undefined) return missing(service, found);
  if (container.sha256 === "") return "was not created by this rollout";
  if (container.sha256 !== wanted) {
    return `has the token ${fromHost(shortDigest(container.sha256))} instead of ${shortDigest(wanted)}`;
  }
  if (container.source?.endsWith(`/${wanted}.${service.uid}.json`) !== true) {
    return `mounts ${fromHost(container.source ?? "nothing")} instead of the approved copy`;
  }
  if (container.readOnly !== true) return "can write the approved copy: its mount is not read-only";
  const definition = definitionOf(token, service);
  const faults = [
    ...liveFaults(container, definition),
    ...(container.settings === null || definition === undefined
      ? []
      : containerSettingsFaults(definition, container.settings, service)),
  ];
  return faults.length === 0 ? undefined : fromHost(faults.join("; and "));
}

function missing({ name }: ServicePlan, { others }: Pick<TokenFileObservation, "others">): string {
  const renamed = others.find(({ service }) => service === name);
  return renamed === undefined ? "is missing" : `has another name now: ${fromHost(renamed.name)}`;
}

/** Names the containers that have the labels of a service whose own container exists. No rollout removes them. */
export function doubledContainers(
  token: TokenPlan,
  { containers, others }: TokenFileObservation,
): readonly string[] {
  const present = new Set(containers?.map(({ name }) => name));
  return others
    .filter(({ service }) =>
      token.services.every(({ name, container }) => name !== service || present.has(container)),
    )
    .map(({ name, service, running }) => {
      const does = running ? "runs" : "exists";
      const word = fromHost(name);
      return `container ${word}: ${does} with the labels of ${fromHost(service)}, whose container has another name; run \`docker rm --force ${word}\` there if it is not needed`;
    });
}

function definitionOf({ driver }: TokenPlan, { name }: ServicePlan): ContainerPlan | undefined {
  return driver.kind === "docker" ? driver.containers.find((one) => one.name === name) : undefined;
}

function liveFaults(container: FoundContainer, definition: ContainerPlan | undefined): readonly string[] {
  return [stateFault(container), networkFault(container, definition?.networks)].filter(
    (fault) => fault !== undefined,
  );
}

/**
 * Returns the label with the digest of each container's definition, for the docker driver; undefined while the engine does
 * not answer. A container that exists and does not serve gets a label of its own, so that the engine replaces it: Docker's
 * provider sees neither a pause nor a missing network. The replaced container keeps that label, which is then no change.
 */
export function definitionLabels(
  token: TokenPlan,
  found: Pick<TokenFileObservation, "containers" | "generation" | "mark"> | undefined,
): ReadonlyMap<string, string> | undefined {
  if (found === undefined || found.containers === null || token.driver.kind !== "docker") return undefined;
  const labels = token.driver.containers.map((service): [string, string] => {
    const digest = definitionDigest(service);
    const container = found.containers?.find(({ name }) => name === service.container);
    if (container === undefined || container.definition === null) return [service.container, digest];
    // The provider itself starts a container that has ended.
    const ended = ["exited", "created"].includes(container.status ?? "");
    if (liveFaults(container, service).length > 0 && container.status !== null && !ended) {
      return [service.container, `${digest}.${found.generation}-${found.mark}`];
    }
    // The host reports the label, so only the form that is written above may become an input.
    const [present, suffix = ""] = container.definition.split(".", 2);
    const replaced = present === digest && /^\d{1,9}-[0-9a-f]{8}$/.test(suffix);
    return [service.container, replaced ? `${digest}.${suffix}` : digest];
  });
  return new Map(labels);
}
