/** Stops an `up` that would change more users than its operator can have meant. */
import { fromHost } from "../lib/printable.ts";
import { toEnrol, toUnenrol, type Observed } from "./workstation/enrolment.ts";

type ObservedEnrolment = Observed<"enrolled" | "generation">;

/**
 * Returns what exceeds the change limits, one sentence each with its remedy. Empty: nothing does.
 *
 * An emptied roster is refused whatever the limit is, because a wrong file or a failed merge looks like that. The first
 * apply of a host counts no enrolments, because no user of that host can lose anything.
 */
export function changeLimitProblems(
  workstations: readonly ObservedEnrolment[],
  maxChangesPerUp: number,
): readonly string[] {
  const emptied = emptiedRoster(workstations);
  if (emptied !== undefined) {
    return [`${emptied} Restore the roster; to remove the whole fleet, run \`pulumi destroy\`.`];
  }
  return tooManyChanges(workstations, maxChangesPerUp);
}

function emptiedRoster(workstations: readonly ObservedEnrolment[]): string | undefined {
  if (workstations.some(({ plan }) => plan.users.length > 0)) return undefined;
  const enrolled = workstations.flatMap(({ observation }) => observation?.enrolled ?? []);
  if (enrolled.length > 0) {
    return `The roster names no user, but ${count(enrolled.length, "user")} (${names(enrolled)}) are enrolled.`;
  }
  const silent = workstations
    .filter(({ observation }) => observation === undefined)
    .map(({ plan }) => plan.host);
  if (silent.length === 0) return undefined;
  return `The roster names no user, and the enrolled users of ${names(silent)} are unknown.`;
}

/**
 * Returns one sentence with its remedy where these are more changes than allowed, or nothing. The program asks it about
 * all hosts together. Each host asks it again about itself, because it may not have answered the program.
 */
export function tooManyChanges(
  workstations: readonly ObservedEnrolment[],
  maxChangesPerUp: number,
): readonly string[] {
  const enrolments = workstations.flatMap(({ plan, observation }) =>
    observation === undefined || observation.generation === 0 ? [] : toEnrol(plan, observation),
  );
  const unenrolments = workstations.flatMap(({ plan, observation }) =>
    observation === undefined ? [] : toUnenrol(plan, observation),
  );
  const changes = enrolments.length + unenrolments.length;
  if (changes <= maxChangesPerUp) return [];
  const part = (verb: string, users: readonly string[]) =>
    users.length === 0 ? [] : [`${verb} ${count(users.length, "user")} (${names(users)})`];
  const parts = [...part("enrol", enrolments), ...part("unenrol", unenrolments)];
  return [
    `This would ${parts.join(" and ")}. That is more than the ${maxChangesPerUp} changes that ` +
      `claude-fleet:renewal.maxChangesPerUp allows at once. If it is meant, raise that setting to ${changes}; if not, restore the roster.`,
  ];
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, 5).map(fromHost).join(", ");
  return list.length > 5 ? `${shown}, …` : shown;
}
