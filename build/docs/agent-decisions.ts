/** The tables of docs/agent-decisions.md, from the rules and the tables of the agent. */
import { consequencesOf, type Consequences } from "../../agent/decision/consequences.ts";
import { FILE_RULES } from "../../agent/decision/file-rules.ts";
import { ANYTHING_ELSE, PROBE_RULES } from "../../agent/decision/probe-rules.ts";
import type { Change, ProbeEndKind } from "../../agent/decision/seen-probe.ts";
import type { FileView } from "../../agent/decision/file-view.ts";
import { BACKUP_STATES, REASONS, type Reason } from "../../contract/agent-classes.ts";
import { table, withTables } from "./tables.ts";

const FILES: Readonly<Record<FileView["kind"], string>> = {
  none: "missing, or without a login",
  blank: "blanked",
  corrupt: "corrupt",
  unreadable: "unreadable",
  usable: "usable",
};

const ENDS: Readonly<Record<ProbeEndKind, string>> = {
  "not-started": "did not start",
  late: "did not end within `claudeWait`",
  signal: "was ended by a signal",
  ok: "answered",
  "bad-exit": "answered, but ended with an exit code",
  nothing: "wrote no answer",
  unauthorized: "401",
  revoked: "403 (revoked)",
  "not-allowed": "403 (organisation)",
  forbidden: "any other 403",
  "no-credit": "400 (no credit)",
  model: "404 (no such model)",
  usage: "429 (usage limit)",
  throttled: "any other 429",
  server: "5xx",
  network: "no status (network error)",
  refreshing: "no status (another CLI is refreshing)",
  "signed-out": "no status (not logged in, or expired)",
  unknown: "an unknown text",
};

const FILE_CHANGES: Readonly<Record<Change, string>> = {
  same: "same refresh token",
  replaced: "another refresh token",
  renewed: "another refresh or access token",
  "new-login": "another sign-in",
  overdue: "unchanged; the access token has expired",
  "with-refresh-token": "unchanged, with a refresh token",
  partial: "unchanged; it has lost its refresh token",
  "partial-ended": "unchanged; it has lost its refresh token, and its access token has expired",
  "became-partial": "it has lost its refresh token meanwhile",
  blank: "blanked",
  unusable: "no usable login",
};

/** Returns the page with its tables as the code has them. */
export function agentDecisions(page: string): string {
  return withTables(page, {
    "without-a-probe": withoutProbe(),
    "after-a-probe": afterProbe(),
    reasons: reasons(),
    "backup-states": backupStates(),
  });
}

function withoutProbe(): string {
  return table(
    ["credentials file", "and", "reason"],
    FILE_RULES.map(({ files, when, reason }) => [
      files.map((kind) => FILES[kind]).join("; "),
      when?.words ?? "",
      `\`${reason}\``,
    ]),
  );
}

function afterProbe(): string {
  return table(
    ["the CLI", "credentials file afterwards", "reason"],
    [...PROBE_RULES, ANYTHING_ELSE].map(({ ends, change, reason }) => [
      ends === undefined ? "anything else" : ends.map((end) => ENDS[end]).join(", "),
      change === undefined ? "" : FILE_CHANGES[change],
      `\`${reason}\``,
    ]),
  );
}

function reasons(): string {
  return table(
    ["reason", "class", "word", "what follows"],
    Object.entries(REASONS).map(([reason, facts]) => [
      `\`${reason}\``,
      `\`${facts.class}\``,
      facts.word,
      followsWords(consequencesOf(reason as Reason)),
    ]),
  );
}

function followsWords({
  retry,
  restorable,
  refusedForGood,
  mayHaveConsumed,
  keepsCopy,
  lasts,
}: Consequences): string {
  const retries = () => {
    const only = {
      "another-login": " if a person signed in meanwhile",
      locked: " if a refresh lock is held",
    };
    const when = retry?.after === undefined ? "" : ` after ${setting(retry.after)}`;
    return `retry once${when}${retry?.only === undefined ? "" : only[retry.only]}`;
  };
  const lasting = () => {
    if (lasts === undefined) return "";
    if ("runsInARow" in lasts) return `FAIL at run ${lasts.runsInARow} in a row`;
    return "becomes" in lasts
      ? `becomes \`${lasts.becomes}\` after ${setting(lasts.wait)}`
      : `FAIL after ${setting(lasts.wait)}`;
  };
  const words = [
    retry === undefined ? "" : retries(),
    retry?.clearsStaleLocks ? "remove refresh locks that were not touched meanwhile" : "",
    keepsCopy ? "keep a copy of the file" : "",
    refusedForGood ? "never use this login again" : "",
    restorable === undefined
      ? ""
      : `restore Vault's ${restorable === "by-any-login" ? "login" : "setup-token"}`,
    mayHaveConsumed ? "treat its refresh token as possibly used" : "",
    lasting(),
  ];
  return words.filter((part) => part !== "").join("; ");
}

/** The settings name the same waits, without a unit. */
function setting(wait: string): string {
  return `\`${wait.replace(/Seconds$/, "")}\``;
}

function backupStates(): string {
  return table(
    ["state", "word", "meaning"],
    Object.entries(BACKUP_STATES).map(([state, { word, meaning }]) => [`\`${state}\``, word, meaning]),
  );
}
