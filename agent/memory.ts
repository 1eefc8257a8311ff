/** What the agent remembers between runs: `state.json`, written by the user alone. */
import { z } from "zod";
import { readRegularFile, writeFileAtomic } from "../lib/atomic-file.ts";
import { userPlaces } from "./places.ts";

const memory = z.object({
  /** Fingerprint of the last usable login that was seen on this machine; null when there has been none. */
  seen: z.string().max(64).nullable().default(null),
  /** A CLI that a run left behind because it did not end in time. */
  probe: z
    .object({ pid: z.number().int().positive(), startTicks: z.string().max(32) })
    .nullable()
    .default(null),
});
export type Memory = z.infer<typeof memory>;

const MAX_MEMORY_BYTES = 256 * 1024;

/** The memory of the user with this home; a fresh one when there is none, or none that can be understood. */
export async function readMemory(home: string): Promise<Memory> {
  const reading = await readRegularFile(userPlaces(home).memory, MAX_MEMORY_BYTES);
  const fresh: Memory = { seen: null, probe: null };
  if (reading.kind !== "file") return fresh;
  try {
    return memory.parse(JSON.parse(reading.content.toString("utf8")));
  } catch {
    // A memory that cannot be understood is none: the agent then knows less, and does less.
    return fresh;
  }
}

/** Stores the memory, 0600. */
export async function writeMemory(home: string, value: Memory): Promise<void> {
  await writeFileAtomic(userPlaces(home).memory, `${JSON.stringify(value)}\n`, { mode: 0o600 });
}

/** Whether a usable login has been seen for this user on this machine. */
export async function hasHistory(home: string): Promise<boolean> {
  return (await readMemory(home)).seen !== null;
}
