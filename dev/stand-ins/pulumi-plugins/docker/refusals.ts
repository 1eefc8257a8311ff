// What of a container the official provider and its client refuse before they send anything.
import { isList, isMap } from "../provider/value.ts";
import type { Properties } from "../provider/value.ts";
import { textOf, textsOf } from "../provider/properties.ts";
import { parseDuration } from "./duration.ts";

/**
 * Refuses what cannot be asked of this engine, or of any.
 * @param engine what the engine answers to `GET /version`
 * @throws Error naming the property and what it needs
 */
export function refuse(engine: { readonly ApiVersion?: string }, planned: Properties): void {
  if (textsOf(planned, "command").includes("")) {
    throw new Error("command has an empty text in it: leave it out.");
  }
  const cpus = textOf(planned, "cpus");
  if (cpus !== "" && !/^\+?(\d+\.?\d*|\.\d+)$/.test(cpus)) {
    throw new Error(`cpus is ${JSON.stringify(cpus)}: give a number, such as 0.5.`);
  }
  const version = engine.ApiVersion ?? "";
  const healthcheck = planned["healthcheck"];
  if (isMap(healthcheck) && parseDuration(textOf(healthcheck, "startInterval") || "0s") > 0) {
    requireApi("healthcheck.startInterval", version, 44);
  }
  const mounts = planned["mounts"];
  // The provider sends a subpath with all volumeOptions, given or not.
  const hasOptions = (mount: unknown) =>
    isMap(mount as Properties) &&
    (mount as Properties)["type"] === "volume" &&
    (mount as Properties)["volumeOptions"] !== undefined;
  if (isList(mounts) && mounts.some(hasOptions)) requireApi("mounts.volumeOptions", version, 45);
}

function requireApi(property: string, version: string, minor: number): void {
  const [major = 0, found = 0] = version.split(".").map(Number);
  if (major > 1 || (major === 1 && found >= minor)) return;
  throw new Error(
    `${property} needs an engine with API 1.${String(minor)}; this one has ${version}: leave it out, or take a newer engine.`,
  );
}
