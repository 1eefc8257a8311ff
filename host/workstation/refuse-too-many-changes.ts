/** Refuses an apply that would enrol and unenrol more users of this host than the change limit allows. */
import { ExpectedError } from "../../lib/expected-error.ts";
import { tooManyChanges } from "../../plan/change-limits.ts";
import { toEnrol, toUnenrol } from "../../plan/workstation/enrolment.ts";
import { FleetRecord } from "./fleet-record.ts";
import type { HostSystem } from "../system.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/**
 * Counts by this host's ledger what the Pulumi program counted over all hosts by Vault's tokens. The first apply counts no
 * enrolments.
 * @throws {ExpectedError} when `plan` would enrol and unenrol more than `maxChanges` users here
 */
export async function refuseTooManyChanges(
  system: HostSystem,
  plan: HostPlan,
  maxChanges: number,
): Promise<void> {
  const record = new FleetRecord(system, plan.fleet);
  const [applies, ledger] = await Promise.all([record.applyCounter(), record.ledger()]);
  const enrolled = { enrolled: [...ledger.users()] };
  const changes = {
    enrol: applies === 0 ? [] : toEnrol(plan, enrolled),
    unenrol: toUnenrol(plan, enrolled),
  };
  const problems = tooManyChanges(changes, maxChanges);
  if (problems.length > 0) throw new ExpectedError(problems.map((problem) => `${plan.host}: ${problem}`));
}
