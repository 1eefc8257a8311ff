/** The user whom an operator names, in the plan of the stack. */
import { ExpectedError } from "../../lib/expected-error.ts";
import type { FleetPlan, UserPlan, WorkstationPlan } from "../../plan/model.ts";
import { nearest } from "../../plan/nearest.ts";
import { printable } from "../../lib/printable.ts";

/** @throws {ExpectedError} with the nearest name when there is no such user, and for one who is not renewed */
export function findUser(
  plan: FleetPlan,
  name: string,
): { readonly user: UserPlan; readonly workstation: WorkstationPlan } {
  for (const workstation of plan.workstations) {
    const user = workstation.users.find((one) => one.name === name);
    if (user === undefined) continue;
    if (user.renewal) return { user, workstation };
    throw new ExpectedError(
      `${name} is not renewed: the roster says \`renewal: false\`. Set it to true, then \`pulumi up\`.`,
    );
  }
  const names = plan.workstations.flatMap(({ users }) => users.map((user) => user.name));
  const meant = nearest(name, names);
  const hint =
    meant === undefined ? "add the user to the roster, then `pulumi up`" : `did you mean "${meant}"?`;
  throw new ExpectedError(`The roster has no user "${printable(name).slice(0, 60)}"; ${hint}`);
}
