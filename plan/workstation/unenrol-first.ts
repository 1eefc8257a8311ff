/** Which retirements an apply waits for: users who move are retired where they were before they are enrolled elsewhere. */
import type { WorkstationObservation } from "../../contract/workstation.ts";
import { toEnrol, toUnenrol } from "./enrolment.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/** A workstation's plan and what was seen there; undefined when it did not answer. */
export interface Answer {
  readonly plan: HostPlan;
  readonly observation: Pick<WorkstationObservation, "enrolled"> | undefined;
}

/**
 * The workstations, by name, whose retirement comes before the apply of each. Its own does always; another's when it
 * retires a user who is enrolled here now. Of one that did not answer nobody knows whom it has: it holds up whoever
 * enrols anybody, and nobody else. An apply that waited for all of them would not run while any single host is away.
 */
export function awaitedUnenrolments(answers: readonly Answer[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    answers.map((answer) => {
      const others = answers.filter((other) => other === answer || mayGiveUp(other, answer));
      return [answer.plan.host, others.map(({ plan }) => plan.host)];
    }),
  );
}

/** Whether `from` may retire somebody whom `to` enrols now. */
function mayGiveUp(from: Answer, to: Answer): boolean {
  if (to.observation === undefined) return true;
  const enrolled = toEnrol(to.plan, to.observation);
  if (from.observation === undefined) return enrolled.length > 0;
  const retired = new Set(toUnenrol(from.plan, from.observation));
  return enrolled.some((name) => retired.has(name));
}
