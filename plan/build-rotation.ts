/** Builds the parts of the plan for a token's `diagnosis` and `rotation`. */
import { resolve } from "node:path";
import type { AlertPlan, DiagnosisPlan, IssuePlan, RotationPlan } from "./rotation-model.ts";
import type { TokenEntry } from "./schema/settings.ts";

/** Returns how `diagnose` finds out the token's state. */
export function diagnosisPlan({
  gateway,
  fallbackKey,
  logs,
  failedTasks,
  refresh,
}: Diagnosis): DiagnosisPlan {
  const { window, noise, refused, fallback, subscription } = logs;
  return {
    gateway,
    fallbackKey,
    logs: { windowSeconds: window, noise, refused, fallback, subscription },
    failedTasks,
    refresh,
  };
}

type Diagnosis = TokenEntry["diagnosis"];
type Rotation = TokenEntry["rotation"];

/**
 * Returns what a rotation needs to know.
 * @param projectFolder the folder that a relative `tokenFile` starts from
 */
export function rotationPlan(entry: Rotation, projectFolder: string): RotationPlan {
  const { email, organization } = entry.account;
  return {
    account: { email, organization },
    environment: entry.environment,
    task: entry.task,
    freeSources: entry.freeSources,
    issue: entry.issue && issuePlan(entry.issue, projectFolder),
    alert: entry.alert && alertPlan(entry.alert),
    login: entry.login,
  };
}

function issuePlan(issue: NonNullable<Rotation["issue"]>, projectFolder: string): IssuePlan {
  const { apiUrl, repository, number, tokenFile } = issue;
  return {
    apiUrl,
    repository,
    number,
    tokenFile: tokenFile === undefined ? undefined : resolve(projectFolder, tokenFile),
  };
}

function alertPlan({ alertmanager, name, wait, poll }: NonNullable<Rotation["alert"]>): AlertPlan {
  return { alertmanager, name, waitSeconds: wait, pollSeconds: poll };
}
