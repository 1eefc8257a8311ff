/** The types of the plan for `diagnose` and `rotate`: what a site says of its gateway, its logs and its rotations. */
import type { EnvironmentFile, Gateway, Logs, Variable } from "../contract/rotation.ts";

/** How `diagnose` finds out whether a token is dead. It skips what the settings leave out. */
export interface DiagnosisPlan {
  readonly gateway: Gateway | undefined;
  /** Where a billable key is that serves calls without the token. Undefined: there is none. */
  readonly fallbackKey: Variable | undefined;
  readonly logs: Logs;
  /** Words of a command on the token's host that prints how many tasks a 401 has failed lately. */
  readonly failedTasks: readonly string[] | undefined;
  /** Words of the site's command that makes its services read the token from disk again. It is only shown. */
  readonly refresh: readonly string[] | undefined;
}

/** What `rotate` needs to know beyond the token itself. */
export interface RotationPlan {
  readonly account: AccountPlan;
  readonly environment: EnvironmentFile | undefined;
  /** Words of a command on the token's host that runs a small real task and prints `{"cost": 0, "source": "…"}`. */
  readonly task: readonly string[] | undefined;
  /** Sources of a task's answer that cost nothing. */
  readonly freeSources: readonly string[];
  readonly issue: IssuePlan | undefined;
  readonly alert: AlertPlan | undefined;
  readonly login: LoginPlacePlan;
}

/** Whose subscription it is. A field that is undefined is not compared. */
export interface AccountPlan {
  readonly email: string | undefined;
  /** UUID. */
  readonly organization: string | undefined;
}

/** The GitHub issue on which rotations comment. */
export interface IssuePlan {
  /** Base URL of GitHub's API, without a slash at its end. */
  readonly apiUrl: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly number: number;
  /** Absolute path of a file with a GitHub token on the operator's machine. Undefined: GH_TOKEN or GITHUB_TOKEN. */
  readonly tokenFile: string | undefined;
}

/** The alert that a dead token raises. */
export interface AlertPlan {
  /** Base URL of Alertmanager as the operator's machine reaches it. */
  readonly alertmanager: string;
  /** Value of the label `alertname`. */
  readonly name: string;
  /** How long a rotation waits until the alert is clear. */
  readonly waitSeconds: number;
  readonly pollSeconds: number;
}

/** Where Claude Code keeps a login on the operator's machine. */
export interface LoginPlacePlan {
  /** Below the operator's home. */
  readonly file: string;
  /** Name of the generic password in the macOS keychain. */
  readonly keychain: string;
}
