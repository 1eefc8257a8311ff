/** Messages of a rollout's steps: clear, recreate and verify a container, and find processes that outlived the rollout. */
import * as z from "zod";
import {
  absolutePath,
  composeName,
  containerName,
  fleetName,
  list,
  object,
  protocol,
  secondsOfDay,
  sha256,
  text,
  tokenName,
} from "./fields.ts";
import { hostCompose, hostToken } from "./token-file.ts";

/** A container that is about to be created. A leftover of its name may be removed when it has these labels. */
export const containerOwner = object({
  protocol,
  container: containerName,
  fleet: fleetName,
  token: text(200).min(1),
  service: text(200).min(1),
  /** Seconds between the request to stop and the kill. */
  gracePeriodSeconds: secondsOfDay,
});

/** What `verify` checks: the container is healthy, and the token in it is this one, mounted read-only. */
export const containerCheck = object({
  protocol,
  container: containerName,
  /** Path of the approved copy on the host, which must be mounted at `target`. */
  source: absolutePath,
  target: absolutePath,
  sha256,
  healthTimeoutSeconds: secondsOfDay.positive(),
});
export type ContainerCheck = z.infer<typeof containerCheck>;

/** How a service of a compose file gets the approved token. */
export const recreation = object({
  protocol,
  fleet: fleetName,
  token: tokenName,
  /** Path of the token file. */
  file: absolutePath,
  service: composeName,
  compose: hostCompose,
  /** Seconds between the request to stop the container and the kill. */
  gracePeriodSeconds: secondsOfDay,
  check: containerCheck,
});
export type Recreation = z.infer<typeof recreation>;

/** What to do about processes that outlived a rollout with a former token in their environment. */
export const staleQuestion = object({
  token: hostToken,
  /** Digest of the file that was rolled out. */
  sha256,
  /** Names of the token's own containers. Processes in them are not ended. */
  containers: list(containerName, 100),
  then: z.enum(["list", "wait", "stop"]),
  waitSeconds: secondsOfDay,
  /** Seconds between the request to stop a process and the kill. */
  gracePeriodSeconds: secondsOfDay,
});
export type StaleQuestion = z.infer<typeof staleQuestion>;
