/** The schema of the renewal: how often and how users' logins are proven, and the agent's waits. */
import { DEFAULT_WAITS, type Waits } from "../../contract/host-plan.ts";
import { formatDuration } from "../../lib/duration.ts";
import { INTERVALS, isInterval } from "../units/calendar.ts";
import { complain } from "./complaint.ts";
import { usualDuration, fields, usualFlag, list, whole } from "./kinds.ts";
import { userName } from "./names.ts";
import { version } from "./places.ts";

/** One wait; its default is the plan's. */
const wait = (name: keyof Waits, meaning: string, least = 0, most?: number) => {
  const usual = formatDuration(DEFAULT_WAITS[name]);
  return usualDuration(usual, least, most).describe(meaning);
};

const waits = fields({
  reread: wait("rereadSeconds", "The wait before a login that is gone or corrupt is read again.", 0, 3600),
  blankReread: wait(
    "blankRereadSeconds",
    "The wait before an emptied login is read again. Another process may still write it.",
    0,
    3600,
  ),
  deadReread: wait(
    "deadRereadSeconds",
    "The wait before a login that was just refused is read again.",
    0,
    3600,
  ),
  lockRetry: wait(
    "lockRetrySeconds",
    "The wait before the CLI is called again after it met the lock of another process.",
    0,
    3600,
  ),
  lockSteal: wait(
    "lockStealSeconds",
    "How long a lock of Claude Code must stay untouched before the agent takes it over.",
    1,
    3600,
  ),
  refreshFailing: wait(
    "refreshFailingSeconds",
    "How long an access token may be past its end, though accepted, before that is a FAIL.",
  ),
  transient: wait(
    "transientSeconds",
    "How long a lock, or a refused token whose refresh fails, may last before that is a FAIL.",
  ),
  unproven: wait(
    "unprovenSeconds",
    "How long a usage limit may hide the login's state before the login is called unproven.",
  ),
  backupRetry: wait(
    "backupRetrySeconds",
    "The wait between two attempts to store a backup that Vault could not take.",
    1,
    86_400,
  ),
});

export const renewal = fields({
  every: usualDuration("6h").describe(
    `How often each login is proven by a real inference. One of ${INTERVALS}.`,
  ),
  spread: usualDuration("30m").describe(
    "The time over which the users' runs are spread. It must not be longer than `every`.",
  ),
  minClaudeVersion: version("2.1.225")
    .prefault("2.1.225")
    .describe("The oldest version of the CLI that the agent runs. Older versions lose logins."),
  claudeWait: usualDuration("15m", 1, 86_400).describe(
    "How long a run waits for the CLI. After that the run leaves the CLI alone; it never ends it.",
  ),
  maxChangesPerUp: whole(0, 100_000, { example: 25 })
    .prefault(25)
    .describe(
      "How many users one `up` may enrol and unenrol together. More are refused as a probable mistake.",
    ),
  adopt: usualFlag(false).describe(
    "Whether the stack takes over objects of the same name that it did not create. `false`: they are an error.",
  ),
  sudoers: usualFlag(false).describe(
    "Whether a sudoers rule lets each user run `sudo systemctl start claude-auth-sync@USER.service`. `claude-auth-sync now` needs no rule. The host needs sudo.",
  ),
  purgeBackupsOf: list(userName, "users", 10_000)
    .meta({ examples: [["bob"]] })
    .prefault([])
    .describe("Users who have left and of whom no backup is kept in Vault, by the names that Vault knows."),
  waits: waits.prefault({}).describe("Waits of the agent. They need no change, except in tests."),
}).superRefine((value, context) => {
  if (!isInterval(value.every)) {
    const message = "cannot be spaced evenly over a day";
    complain(context, ["every"], { message, remedy: `Write one of ${INTERVALS}.` });
  } else if (value.spread > value.every) {
    const remedy = "Write a shorter spread, such as 30m for every: 6h.";
    complain(context, ["spread"], { message: "must not be longer than `every`", remedy });
  }
});
