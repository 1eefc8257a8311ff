/** Refuses what its operator cannot have meant, by what is on the host at this moment. */
import { ExpectedError } from "../../lib/expected-error.ts";
import { tooManyChanges } from "../../plan/change-limits.ts";
import { FleetRecord } from "./fleet-record.ts";
import type { HostSystem } from "../system.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/**
 * The program has counted before, over all hosts that answered; this one may have been silent then.
 * @throws {ExpectedError} when `plan` would enrol and retire more than `maxChanges` users here
 */
export async function refuseTooManyChanges(
  system: HostSystem,
  plan: HostPlan,
  maxChanges: number,
): Promise<void> {
  const record = new FleetRecord(system, plan.fleet);
  const [generation, ledger] = await Promise.all([record.generation(), record.ledger()]);
  const observation = { generation, enrolled: Object.keys(ledger).sort() };
  const problems = tooManyChanges([{ plan, observation }], maxChanges);
  if (problems.length > 0) throw new ExpectedError(problems.map((problem) => `${plan.host}: ${problem}`));
}
