/** Refuses an apply that would enrol and unenrol more users of this host than the change limit allows. */
import { ExpectedError } from "../../lib/expected-error.ts";
import { tooManyChanges } from "../../plan/change-limits.ts";
import { FleetRecord } from "./fleet-record.ts";
import type { HostSystem } from "../system.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/**
 * Counts again what the Pulumi program counted over all hosts that answered, because this host may not have answered.
 * @throws {ExpectedError} when `plan` would enrol and unenrol more than `maxChanges` users here
 */
export async function refuseTooManyChanges(
  system: HostSystem,
  plan: HostPlan,
  maxChanges: number,
): Promise<void> {
  const record = new FleetRecord(system, plan.fleet);
  const [generation, ledger] = await Promise.all([record.applyCounter(), record.ledger()]);
  const observation = { generation, enrolled: [...ledger.users()] };
  const problems = tooManyChanges([{ plan, observation }], maxChanges);
  if (problems.length > 0) throw new ExpectedError(problems.map((problem) => `${plan.host}: ${problem}`));
}
