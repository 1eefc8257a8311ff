/** The step `close`: writes the comment on the issue, and waits until the alert is clear. */
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { alertState } from "../../alertmanager.ts";
import type { AlertPlan } from "../../../plan/model.ts";
import { writeComment } from "../github-comment.ts";
import { reportText } from "../report.ts";
import { holdLock, operatorName, type Rotation, type Say } from "../rotation.ts";
import type { AlertState } from "../../../plan/diagnosis/evidence.ts";

const DAY_MS = 86_400_000;

/** Closes the loop. @throws {ExpectedError} with what is missing; the token is rotated nevertheless */
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
  // Both are tried: a GitHub that is down must not hide an alert that fires.
  if (issue !== undefined) {
    say(`writing to ${issue.repository}#${issue.number}`);
    const marker = `claude-fleet rotation ${rotation.journal.id}`;
    // GitHub's clock may differ.
    const since = new Date(Date.parse(rotation.journal.since) - DAY_MS).toISOString();
    await attempt(async () => {
      // This step has no outcome yet.
      const entries = rotation.journal.entries.filter(({ step }) => step !== "close");
      const body = currentReport({ ...rotation, journal: { ...rotation.journal, entries } });
      const url = await writeComment(issue, { marker, body, since });
      return `commented at ${url}`;
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

/** Returns the report as of now. */
export function currentReport({ journal, target, findings }: Rotation): string {
  const { plan, token } = target;
  const now = new Date().toISOString();
  return reportText({ journal, fleet: plan.fleet, token: token.name, by: operatorName(), findings, now });
}

/** Asks for the alert and waits. Tests replace it. */
export interface AlertWait {
  ask(): Promise<AlertState>;
  wait(milliseconds: number): Promise<unknown>;
}

/** Waits until the alert is clear. @throws {ExpectedError} when it still fires, or is unknown, at the end of the time */
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
          ? `It is not known whether the alert ${name} is clear: ${found.why}. Check ${alertmanager}.`
          : `The alert ${name} still fires after ${waitSeconds} s. Check what raises it, and ${alertmanager}.`,
      );
    }
    say(`the alert ${name} ${found.state === "firing" ? "still fires" : "cannot be asked for"}; waiting`);
    await world.wait(pollSeconds * 1000);
  }
}
