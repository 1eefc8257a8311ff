// What of a container an engine must be new enough for: the official provider and its client ask before they send anything.
import { isList, isMap } from "../provider/value.ts";
import type { Properties } from "../provider/value.ts";
import { textOf } from "../provider/properties.ts";
import { parseDuration } from "./duration.ts";

/**
 * Refuses what this engine's API does not have.
 * @param engine what the engine answers to `GET /version`
 * @throws Error naming the property and the API that it needs
 */
export function requireApi(engine: { readonly ApiVersion?: string }, planned: Properties): void {
  const version = engine.ApiVersion ?? "";
  const healthcheck = planned["healthcheck"];
  if (isMap(healthcheck) && parseDuration(textOf(healthcheck, "startInterval") || "0s") > 0) {
    require("healthcheck.startInterval", version, 44);
  }
  const mounts = planned["mounts"];
  // The provider sends a subpath with all volumeOptions, given or not.
  const hasOptions = (mount: unknown) =>
    isMap(mount as Properties) &&
    (mount as Properties)["type"] === "volume" &&
    (mount as Properties)["volumeOptions"] !== undefined;
  if (isList(mounts) && mounts.some(hasOptions)) require("mounts.volumeOptions", version, 45);
}

function require(property: string, version: string, minor: number): void {
  const [major = 0, found = 0] = version.split(".").map(Number);
  if (major > 1 || (major === 1 && found >= minor)) return;
  throw new Error(
    `${property} needs an engine with API 1.${String(minor)}; this one has ${version}: leave it out, or take a newer engine.`,
  );
}
