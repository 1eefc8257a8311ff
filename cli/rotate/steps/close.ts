/** Closes the loop: tells the others, waits until the alert is really clear, and leaves a report. */
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { alertState } from "../../alertmanager.ts";
import type { AlertPlan } from "../../../plan/rotation-model.ts";
import { writeComment } from "../github-comment.ts";
import { reportText } from "../report.ts";
import { holdLock, operatorName, type Rotation, type Say } from "../rotation.ts";
import type { AlertState } from "../../../plan/diagnosis/evidence.ts";

const DAY_MS = 86_400_000;

/** @throws {ExpectedError} for all that is missing; the token itself is rotated then, as it says */
export async function close(rotation: Rotation, say: Say): Promise<string> {
  await holdLock(rotation, false);
  const { issue, alert } = rotation.target.token.rotation;
  const said: string[] = [];
  const problems: string[] = [];
  const attempt = async (work: () => Promise<string>): Promise<void> => {
    try {
      said.push(await work());
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      problems.push(...error.problems);
    }
  };
  // Neither keeps the other: a GitHub that is down must not hide an alert that burns.
  if (issue !== undefined) {
    say(`writing to ${issue.repository}#${issue.number}`);
    const marker = `claude-fleet rotation ${rotation.journal.id}`;
    // GitHub's clock may be another one.
    const since = new Date(Date.parse(rotation.journal.since) - DAY_MS).toISOString();
    await attempt(async () => {
      // What this step itself came to, others cannot be told before it has.
      const entries = rotation.journal.entries.filter(({ step }) => step !== "close");
      const body = currentReport({ ...rotation, journal: { ...rotation.journal, entries } });
      const url = await writeComment(issue, { marker, body, since });
      return `told at ${url}`;
    });
  }
  if (alert !== undefined) {
    const wait = {
      ask: () => alertState(alert),
      wait: (ms: number) => sleep(ms, undefined, { signal: rotation.signal }),
    };
    await attempt(() => awaitClear(alert, wait, say));
  }
  if (problems.length > 0) {
    throw new ExpectedError([
      ...problems,
      "The token is rotated; run `claude-fleet rotate` again to close the loop.",
    ]);
  }
  return said.length === 0 ? "the settings name neither an issue nor an alert" : said.join("; ");
}

/** The report as of now. */
export function currentReport({ journal, target, findings }: Rotation): string {
  const { plan, token } = target;
  const now = new Date().toISOString();
  return reportText({ journal, fleet: plan.fleet, token: token.name, by: operatorName(), findings, now });
}

/** How time passes and the alert is asked for; tests bring their own. */
export interface AlertWait {
  ask(): Promise<AlertState>;
  wait(milliseconds: number): Promise<unknown>;
}

/** Waits until the alert does not fire. @throws {ExpectedError} when it still does at the end of the time, or nobody knows */
export async function awaitClear(
  { name, alertmanager, waitSeconds, pollSeconds }: AlertPlan,
  world: AlertWait,
  say: Say,
): Promise<string> {
  for (let waited = 0; ; waited += pollSeconds) {
    const found = await world.ask();
    if (found.state === "clear") {
      return waited === 0 ? `the alert ${name} is clear` : `the alert ${name} cleared within ${waited} s`;
    }
    if (waited >= waitSeconds) {
      throw new ExpectedError(
        found.state === "unknown"
          ? `Whether the alert ${name} is clear is not known: ${found.why}; look at ${alertmanager}.`
          : `The alert ${name} still fires after ${waitSeconds} s; look at what raises it, and at ${alertmanager}.`,
      );
    }
    say(`the alert ${name} ${found.state === "firing" ? "still fires" : "cannot be asked for"}; waiting`);
    await world.wait(pollSeconds * 1000);
  }
}
