/** The stack's outputs: what a person should do next. */
import * as pulumi from "@pulumi/pulumi";
import type { Workstation } from "../components/workstation.ts";
import { loginCommand } from "../claude/login-command.ts";
import { applyResult } from "../contract/workstation.ts";
import type { WorkstationReview } from "./review.ts";

/**
 * By user, the login command of everyone who is renewed and has never logged in. What a host says now counts; where it
 * said nothing, what its last apply found.
 * @param workstations the components of `reviews`, in the same order
 */
export function loginCommands(
  reviews: readonly Pick<WorkstationReview, "workstation" | "awaitingLogin">[],
  workstations: readonly Pick<Workstation, "command">[],
): pulumi.Output<Record<string, string>> {
  return pulumi.all(workstations.map(({ command }) => command.stdout)).apply((results) =>
    Object.fromEntries(
      reviews.flatMap(({ workstation, awaitingLogin }, index) => {
        const applied = awaitedByApply(results[index]);
        return workstation.users
          .filter(({ name, renewal }) => renewal && (awaitingLogin.get(name) ?? applied.has(name)))
          .map(({ name, email }) => [name, loginCommand(email)] as const);
      }),
    ),
  );
}

/** Users awaiting login in an apply's output; none where there is no output yet, as in a preview. */
function awaitedByApply(text: string | undefined): ReadonlySet<string> {
  if (text === undefined || text === "") return new Set();
  const { users } = applyResult.parse(JSON.parse(text));
  return new Set(users.filter(({ awaitingLogin }) => awaitingLogin).map(({ name }) => name));
}
