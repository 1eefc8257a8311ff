/** Decides which unenrolments an apply waits for: a user who moves is unenrolled before another workstation enrols them. */
import { toEnrol, toUnenrol, type Observed } from "./enrolment.ts";

type ObservedUsers = Observed<"enrolled">;

/**
 * Returns for each workstation the workstations whose unenrolment must come before its apply. These are the workstation
 * itself, and every other that unenrols a user whom it enrols now. The users of a workstation that did not answer are
 * unknown, so every apply that enrols a user waits for it. Other applies do not wait, so that they run while it is away.
 */
export function awaitedUnenrolments(
  workstations: readonly ObservedUsers[],
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    workstations.map((workstation) => {
      const awaited = workstations.filter((other) => other === workstation || mayGiveUp(other, workstation));
      return [workstation.plan.host, awaited.map(({ plan }) => plan.host)];
    }),
  );
}

function mayGiveUp(from: ObservedUsers, to: ObservedUsers): boolean {
  if (to.observation === undefined) return true;
  const enrolled = toEnrol(to.plan, to.observation);
  if (from.observation === undefined) return enrolled.length > 0;
  const unenrolled = new Set(toUnenrol(from.plan, from.observation));
  return enrolled.some((name) => unenrolled.has(name));
}
