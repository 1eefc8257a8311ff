/** What is said about a rollout's steps: containers that are cleared, recreated, verified, and processes left behind. */
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

/** A container that is about to be made: a leftover of its name may go when it has these labels of the fleet. */
export const containerOwner = object({
  protocol,
  container: containerName,
  fleet: fleetName,
  token: text(200).min(1),
  service: text(200).min(1),
  /** Between asking it to stop and ending it. */
  gracePeriodSeconds: secondsOfDay,
});
export type ContainerOwner = z.infer<typeof containerOwner>;

/** The check inside one container: the token read there is this one, read-only, and the service is healthy. */
export const containerCheck = object({
  protocol,
  container: containerName,
  /** The approved copy on the host, which must be what is mounted at `target`. */
  source: absolutePath,
  target: absolutePath,
  sha256,
  healthTimeoutSeconds: secondsOfDay.positive(),
});
export type ContainerCheck = z.infer<typeof containerCheck>;

/** What makes one service of a compose file follow the token. */
export const recreation = object({
  protocol,
  fleet: fleetName,
  token: tokenName,
  /** The candidate's path. */
  file: absolutePath,
  service: composeName,
  compose: hostCompose,
  /** Between asking the container to stop and ending it. */
  gracePeriodSeconds: secondsOfDay,
  check: containerCheck,
});
export type Recreation = z.infer<typeof recreation>;

/** What is to be done about processes that a rollout has left behind with a former token in their environment. */
export const staleQuestion = object({
  token: hostToken,
  /** Of the current file. */
  sha256,
  /** Names of the token's own containers. */
  containers: list(containerName, 100),
  then: z.enum(["list", "wait", "stop"]),
  waitSeconds: secondsOfDay,
  /** Between asking a process to stop and ending it. */
  gracePeriodSeconds: secondsOfDay,
});
export type StaleQuestion = z.infer<typeof staleQuestion>;

/** What `clear` did. */
export const clearResult = z.strictObject({ container: text(200), removed: z.boolean() });
export type ClearResult = z.infer<typeof clearResult>;

/** What `verify` proved. */
export const verifyResult = z.strictObject({
  container: text(200),
  sha256,
  /** `healthy` when the container has a health check, else `running`. */
  state: z.enum(["healthy", "running"]),
});
export type VerifyResult = z.infer<typeof verifyResult>;

/** Processes that `stale` found: those that outlived the rollout, and those in the token's own containers. */
export const staleResult = z.strictObject({
  stale: z.array(z.number().int()).max(100_000),
  inside: z.array(z.number().int()).max(100_000),
});
export type StaleResult = z.infer<typeof staleResult>;
