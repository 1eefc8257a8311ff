/** Computes the stack's outputs: what a person should do next. */
import * as pulumi from "@pulumi/pulumi";
import type { Workstation } from "../components/workstation.ts";
import { loginCommand } from "../claude/login-command.ts";
import { applyResult } from "../contract/workstation.ts";
import { parseJson } from "../lib/parse-json.ts";
import type { WorkstationReview } from "./review.ts";

/**
 * Returns the login command of each renewed user who has never logged in. The host's present report counts; without one,
 * what its last apply found.
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

/** Returns the users who await a login in an apply's output. A preview has no output yet. */
function awaitedByApply(text: string | undefined): ReadonlySet<string> {
  if (text === undefined || text === "") return new Set();
  const users = applyResult.safeParse(parseJson(text)).data?.users ?? [];
  return new Set(users.filter(({ awaitingLogin }) => awaitingLogin).map(({ name }) => name));
}
