/** The gate's record beside the approved copies: how often it has passed a file, and which files it passed last. */
import { join } from "node:path";
import * as z from "zod";
import { ExpectedError } from "../../lib/expected-error.ts";
import { describeReading, readRegularFile } from "../../lib/regular-file.ts";

/** Name of the record's file in the folder of the approved copies. */
export const GATE_RECORD = "gate.json";

const gateRecord = z.object({
  /** How often the gate has passed a file. */
  generation: z.number().int().nonnegative(),
  /** Digests of the file that the gate passed last, and of the one before it. */
  passed: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(2),
});
export type GateRecord = z.infer<typeof gateRecord>;

/** The record of a token file that no gate has passed yet. */
export const NO_GATE: GateRecord = { generation: 0, passed: [] };

/** Reads the record in `folder`. @throws {ExpectedError} when it is damaged */
export async function readGateRecord(folder: string): Promise<GateRecord> {
  const path = join(folder, GATE_RECORD);
  const reading = await readRegularFile(path, 10_000);
  if (reading.kind === "missing") return NO_GATE;
  if (reading.kind !== "file") throw new ExpectedError(`${path} ${describeReading(reading)}; remove it.`);
  try {
    return gateRecord.parse(JSON.parse(reading.content.toString("utf8")));
  } catch (error) {
    throw new ExpectedError(`${path} is damaged; remove it and run \`pulumi up\`.`, { cause: error });
  }
}
