/** What is kept of the re-assertions for the figures: when the last one was, and how much was mended in all. */
import { mkdir } from "node:fs/promises";
import * as z from "zod";
import { readRegularFile, writeFileAtomic } from "../../lib/atomic-file.ts";
import { parseJson } from "../../lib/parse-json.ts";
import type { AssertFacts } from "../../plan/metrics/workstation-samples.ts";
import { hostPlaces, type HostSystem } from "../system.ts";
import type { Reassertion } from "../reassert/reassertion.ts";

const count = z.number().int().nonnegative();
const note = z.strictObject({ at: count, mendedTotal: count, problems: count });

/** The note of the last one; undefined when there was none, or its note is damaged: then counting begins anew. */
export async function lastReassertion(system: HostSystem): Promise<AssertFacts | undefined> {
  const reading = await readRegularFile(hostPlaces(system).asserted, 10_000);
  if (reading.kind !== "file") return undefined;
  return note.safeParse(parseJson(reading.content.toString("utf8"))).data;
}

/** Writes the note of one. */
export async function noteReassertion(
  system: HostSystem,
  now: Date,
  { mended, problems }: Reassertion,
): Promise<void> {
  const former = await lastReassertion(system);
  const next: AssertFacts = {
    at: now.getTime(),
    mendedTotal: (former?.mendedTotal ?? 0) + mended.length,
    problems: problems.length,
  };
  const { state, asserted } = hostPlaces(system);
  await mkdir(state, { recursive: true, mode: 0o755 });
  await writeFileAtomic(asserted, `${JSON.stringify(next)}\n`, { mode: 0o644, owner: system.owner });
}
