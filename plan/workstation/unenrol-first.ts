/** Decides which unenrolments an apply waits for: a user who moves is unenrolled before another workstation enrols them. */
import { nameInVault } from "../vault/names.ts";
import type { FleetToken } from "../vault/token-owners.ts";
import { toEnrol, type Observed } from "./enrolment.ts";

type ObservedUsers = Observed<"enrolled">;

/**
 * Returns for each workstation the workstations whose unenrolment must come before its apply. These are the workstation
 * itself, and every other for which Vault has a token of a user whom this workstation has in the plan. What a host reports
 * makes no other host wait.
 * @param vault the fleet's living tokens; `complete`: all of them. Without all of them the users of a workstation that did
 *   not answer are unknown, so every apply that enrols a user waits for it. Other applies do not wait.
 */
export function awaitedUnenrolments(
  workstations: readonly ObservedUsers[],
  vault: { readonly tokens: readonly FleetToken[]; readonly complete: boolean },
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    workstations.map((to) => {
      const { plan } = to;
      const renewed = new Set(plan.users.filter(({ renewal }) => renewal).map(nameInVault));
      const left = new Set(
        vault.tokens.flatMap(({ user, host }) => (user !== undefined && renewed.has(user) ? [host] : [])),
      );
      const enrols = to.observation === undefined || toEnrol(plan, to.observation).length > 0;
      const awaited = workstations.filter(
        (from) =>
          from === to ||
          left.has(from.plan.host) ||
          (!vault.complete && from.observation === undefined && enrols),
      );
      return [plan.host, awaited.map(({ plan: { host } }) => host)];
    }),
  );
}
