/** Stops an `up` that would do more than its operator can have meant. */
import type { WorkstationObservation } from "../contract/workstation.ts";
import { toEnrol, toUnenrol } from "./workstation/enrolment.ts";
import type { HostPlan } from "../contract/host-plan.ts";
import { fromHost } from "../lib/printable.ts";

/** What of an observation the limits look at. */
export type Enrolled = Pick<WorkstationObservation, "enrolled" | "generation">;

/** A workstation's part of the plan, and what it said; undefined when it did not answer. */
export interface Answer {
  readonly plan: HostPlan;
  readonly observation: Enrolled | undefined;
}

/**
 * What is too much, one sentence each with its remedy; empty when nothing is.
 *
 * An emptied roster is refused whatever the limit is: it is what a wrong file or a failed merge looks like. A host's
 * first apply counts no enrolments, since nobody is taken by surprise on a host where nothing has been yet.
 */
export function changeLimitProblems(answers: readonly Answer[], maxChangesPerUp: number): readonly string[] {
  const emptied = emptiedRoster(answers);
  if (emptied !== undefined) {
    return [`${emptied} Restore the roster; to remove the whole fleet, run \`pulumi destroy\`.`];
  }
  const seen = answers.flatMap(({ plan, observation }) =>
    observation === undefined ? [] : [{ plan, observation }],
  );
  return tooManyChanges(seen, maxChangesPerUp);
}

function emptiedRoster(answers: readonly Answer[]): string | undefined {
  if (answers.some(({ plan }) => plan.users.length > 0)) return undefined;
  const enrolled = answers.flatMap(({ observation }) => observation?.enrolled ?? []);
  if (enrolled.length > 0) {
    return `The roster names no user, but ${count(enrolled.length, "user")} (${names(enrolled)}) are renewed now.`;
  }
  const silent = answers.filter(({ observation }) => observation === undefined).map(({ plan }) => plan.host);
  if (silent.length === 0) return undefined;
  return `The roster names no user, and whom ${names(silent)} renews is unknown.`;
}

/**
 * Whether these are more changes than allowed, in a sentence with its remedy; empty when not. The program asks it of
 * all hosts together; each host asks it again of itself, for it may not have answered then, or be another by now.
 */
export function tooManyChanges(
  answers: readonly { readonly plan: HostPlan; readonly observation: Enrolled }[],
  maxChangesPerUp: number,
): readonly string[] {
  const enrolments = answers.flatMap(({ plan, observation }) =>
    observation.generation === 0 ? [] : toEnrol(plan, observation),
  );
  const retirements = answers.flatMap(({ plan, observation }) => toUnenrol(plan, observation));
  const changes = enrolments.length + retirements.length;
  if (changes <= maxChangesPerUp) return [];
  const parts = [
    ...(enrolments.length > 0 ? [`enrol ${count(enrolments.length, "user")} (${names(enrolments)})`] : []),
    ...(retirements.length > 0
      ? [`retire ${count(retirements.length, "user")} (${names(retirements)})`]
      : []),
  ];
  return [
    `This would ${parts.join(" and ")}, more than the ${maxChangesPerUp} changes that claude-fleet:renewal.maxChangesPerUp ` +
      `allows at once. If it is meant, raise that setting to ${changes}; if not, restore the roster.`,
  ];
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, 5).map(fromHost).join(", ");
  return list.length > 5 ? `${shown}, …` : shown;
}
