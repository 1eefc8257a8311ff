/** What one hourly repair did, and the counts of the last one that the metrics show. */
import { mkdir } from "node:fs/promises";
import * as z from "zod";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { parseJson } from "../../lib/parse-json.ts";
import type { RepairFacts } from "../../plan/metrics/workstation-samples.ts";
import { hostPlaces } from "../places.ts";
import type { HostSystem } from "../system.ts";
import { readRegularFile } from "../../lib/regular-file.ts";

/** Says what a repair of a host, or of a part of it, did. */
export interface Repair {
  /** What differed from the last apply and was repaired, one clause each. */
  readonly repaired: readonly string[];
  /** What could not be repaired, one sentence each. */
  readonly problems: readonly string[];
}

const count = z.number().int().nonnegative();
const counts = z.strictObject({ at: count, mendedTotal: count, problems: count });

/** Reads the counts of the last repair; undefined when there was none, or the file is damaged. */
export async function lastRepair(system: HostSystem): Promise<RepairFacts | undefined> {
  const reading = await readRegularFile(hostPlaces(system).lastRepair, 10_000);
  if (reading.kind !== "file") return undefined;
  return counts.safeParse(parseJson(reading.content.toString("utf8"))).data;
}

/** Writes the counts of one repair. The total starts again at 0 after a damaged file. */
export async function recordRepair(
  system: HostSystem,
  now: Date,
  { repaired, problems }: Repair,
): Promise<void> {
  const former = await lastRepair(system);
  const next: RepairFacts = {
    at: now.getTime(),
    mendedTotal: (former?.mendedTotal ?? 0) + repaired.length,
    problems: problems.length,
  };
  const { state, lastRepair: path } = hostPlaces(system);
  await mkdir(state, { recursive: true, mode: 0o755 });
  await writeFileAtomic(path, `${JSON.stringify(next)}\n`, { mode: 0o644, owner: system.owner });
}
