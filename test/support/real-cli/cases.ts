/** All cases of the table of decisions with the real CLI, and the reasons that no case reaches. */
import { BACKUP_AXIS } from "./backup-axis.ts";
import { BROKEN_PROBE } from "./broken-probe.ts";
import { PASSING } from "./passing.ts";
import { PROVEN } from "./proven.ts";
import { REFUSED } from "./refused.ts";
import { WITHOUT_PROBE } from "./without-probe.ts";
import type { Reason } from "../../../contract/agent-classes.ts";

import type { ClaudeVersion } from "../../../dev/pinned-programs.ts";
import type { DecisionCase } from "./decision-case.ts";

export const DECISION_CASES: readonly DecisionCase[] = [
  ...WITHOUT_PROBE,
  ...BROKEN_PROBE,
  ...PROVEN,
  ...REFUSED,
  ...PASSING,
  ...BACKUP_AXIS,
];

const UNREACHED_BY_BOTH = {
  "other-run": "a start waits for another run, twice as long as for the CLI",
  stored: "only the service that the path unit starts has this reason",
} as const;

/** Reasons that no start of the service reaches with a version, and why; docs/agent-decisions.md says the same. */
export const UNREACHED: Readonly<Record<ClaudeVersion, Readonly<Partial<Record<Reason, string>>>>> = {
  "2.1.330": {
    ...UNREACHED_BY_BOTH,
    refreshing:
      "asked by hand, the CLI says that another CLI holds the lock; asked by the agent, it ends with a 401, and `refresh` waits for the lock",
  },
  "2.1.197": {
    ...UNREACHED_BY_BOTH,
    refreshing: "the CLI does not say that another CLI holds the lock; `refresh` waits for the lock",
    "bad-exit": "the CLI exits with 0 when the disk of its `.claude.json` is full",
  },
};
