/** Compares the containers of a token with what the rollout makes of them. */
import type { TokenFileObservation } from "../../contract/token-file.ts";
import { fromHost } from "../../lib/printable.ts";
import { shortDigest } from "../../lib/sha256.ts";
import type { TokenPlan } from "../model.ts";

/** Returns the containers that lag behind the file, each with its drift. */
export function laggingContainers(
  token: TokenPlan,
  found: TokenFileObservation,
): [name: string, why: string][] {
  const { sha256: wanted, containers } = found;
  if (wanted === null || containers === null) return [];
  return token.services.flatMap(({ container: name, uid }) => {
    const container = containers.find((candidate) => candidate.name === name);
    const why = lagOf(container, wanted, `/${wanted}.${uid}.json`);
    return why === undefined ? [] : [[name, `container ${name}: ${why}`] as [string, string]];
  });
}

/** Returns why a container is not the rollout's running container with this token, as a clause. Undefined: it is. */
export function lagOf(
  container: NonNullable<TokenFileObservation["containers"]>[number] | undefined,
  wanted: string,
  copy: string,
): string | undefined {
  if (container === undefined) return "is missing";
  if (container.sha256 === "") return "was not created by this rollout";
  if (container.sha256 !== wanted) {
    return `has the token ${fromHost(shortDigest(container.sha256))} instead of ${shortDigest(wanted)}`;
  }
  if (container.source?.endsWith(copy) !== true) {
    return `mounts ${fromHost(container.source ?? "nothing")} instead of the approved copy`;
  }
  if (container.readOnly !== true) return "can write the approved copy: its mount is not read-only";
  return container.running ? undefined : "does not run";
}
