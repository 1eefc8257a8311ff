/** The stack's outputs: what a person should do next. */
import * as pulumi from "@pulumi/pulumi";
import type { Workstation } from "../components/workstation.ts";
import { applyResult } from "../host/protocol.ts";
import type { FleetPlan } from "../plan/model.ts";

/** By user: the login command of everyone whom the last apply found without a login. */
export function loginCommands(
  plan: FleetPlan,
  workstations: readonly Workstation[],
): pulumi.Output<Record<string, string>> {
  const emails = new Map(
    plan.workstations.flatMap(({ users }) => users.map(({ name, email }) => [name, email] as const)),
  );
  return pulumi.all(workstations.map(({ command }) => command.stdout)).apply((results) =>
    Object.fromEntries(
      results
        .flatMap((text) => awaiting(text))
        .sort()
        .flatMap((user) => {
          const email = emails.get(user);
          return email === undefined
            ? []
            : [[user, `claude auth login --claudeai --sso --email ${email}`] as const];
        }),
    ),
  );
}

/** Users awaiting login in an apply's output; none where there is no output yet, as in a preview. */
function awaiting(text: string | undefined): readonly string[] {
  if (text === undefined || text === "") return [];
  const result = applyResult.parse(JSON.parse(text));
  return result.users.filter(({ awaitingLogin }) => awaitingLogin).map(({ name }) => name);
}
