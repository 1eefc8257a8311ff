/** Breaks the environment's parts as accidents do, and repairs them as a person does. */
import { setTimeout as sleep } from "node:timers/promises";
import { checkout } from "../../../dev/checkout.ts";
import { findProcess } from "../../../dev/processes.ts";
import { printed } from "./run.ts";

/** Background processes of the environment, by the names of their records. */
export type PartName = "openbao" | "anthropic";

/**
 * Ends a part by its pid, and waits until it is gone; its record stays, as after a crash.
 * @throws Error when it does not live
 */
export async function endPart(part: PartName, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  const record = findProcess(part);
  if (record === undefined) throw new Error(`${part} does not run.`);
  process.kill(record.pid, signal);
  while (findProcess(part) !== undefined) await sleep(50);
}

/** `npm run up` without its `pulumi up`: every part serves again. @throws Error with all that it said */
export async function repairParts(): Promise<void> {
  await printed(process.execPath, ["dev/bootstrap.mjs", "up", "--without-stack"], { cwd: checkout.root });
}
