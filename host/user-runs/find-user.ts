/** Finds the user whom an operator's command names, in the fleet record of this host. */
import { ExpectedError } from "../../lib/expected-error.ts";
import type { UserTarget } from "../../contract/user-run.ts";
import { FleetRecord } from "../workstation/fleet-record.ts";
import type { HostSystem } from "../system.ts";

/** Holds a renewed user of a recorded plan. */
export type TargetUser = Awaited<ReturnType<typeof findUser>>;

/** Returns the user. @throws {ExpectedError} when this host does not renew the user */
export async function findUser(system: HostSystem, { fleet, user: name }: UserTarget) {
  const record = new FleetRecord(system, fleet);
  const plan = await record.plan();
  if (plan === undefined) {
    throw new ExpectedError(`Nothing of the fleet ${fleet} has been applied here; run \`pulumi up\`.`);
  }
  const user = plan.users.find((one) => one.name === name);
  const enrolled = (await record.ledger()).entry(name) !== undefined;
  if (user === undefined || !user.renewal || !enrolled) {
    throw new ExpectedError(`${name} is not enrolled on ${plan.host}; run \`pulumi up\`.`);
  }
  const account = (await system.accounts([name])).get(name);
  if (account === undefined) {
    throw new ExpectedError(`There is no OS user ${name} on ${plan.host}; create the account there.`);
  }
  return { record, plan, user, account };
}
