/** All cases of the table of decisions with the real CLI, and what no real CLI leads to. */
import { BACKUP_AXIS } from "./backup-axis.ts";
import { BROKEN_PROBE } from "./broken-probe.ts";
import { PASSING } from "./passing.ts";
import { PROVEN } from "./proven.ts";
import { REFUSED } from "./refused.ts";
import { WITHOUT_PROBE } from "./without-probe.ts";
import type { Reason } from "../../../contract/agent-classes.ts";
import type { Row } from "../../../agent/decision/types.ts";
import type { ClaudeVersion } from "../../../dev/binaries.ts";
import type { RowCase } from "./row-case.ts";

export const ROW_CASES: readonly RowCase[] = [
  ...WITHOUT_PROBE,
  ...BROKEN_PROBE,
  ...PROVEN,
  ...REFUSED,
  ...PASSING,
  ...BACKUP_AXIS,
];

/** Reasons that no start of the service with a real CLI ends in, and why; docs/agent-decisions.md says the same. */
export const UNREACHED: Readonly<Partial<Record<Reason, string>>> = {
  refreshing: "is row 19's",
  "other-run": "systemd does not start a service that runs: a second start waits for the first",
  stored: "is the reason of the service that the path unit starts",
};

/** Rows that no start of the service leads to with a version, and why; docs/agent-decisions.md says the same. */
export const UNREACHED_ROWS: Readonly<Record<ClaudeVersion, Readonly<Partial<Record<Row, string>>>>> = {
  "2.1.330": {
    19: "asked by hand it says that another CLI holds the lock, asked by the agent it ends with a 401: row 13 then waits as row 19 does",
  },
  "2.1.197": { 19: "it does not say that another CLI holds the lock: row 13 then waits as row 19 does" },
};
