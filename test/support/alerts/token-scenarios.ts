/** Stories of tokens, as `claude-fleet status --textfile` tells them. */
import type { FleetStatus } from "../../../plan/status/rows.ts";
import { DAY, MINUTE, type Firing, type Scenario } from "./scenario.ts";

const token = { fleet: "prod", token: "platform" };

interface Found {
  /** Whether each of the two containers is as it should be; null: not known. */
  readonly containers?: readonly (boolean | null)[];
  readonly current?: boolean | null;
  readonly expiresAt?: number | null;
}

/** Prometheus compares these with its own clock, which begins at the epoch here. */
const found =
  (of: (minute: number) => Found | undefined) =>
  (minute: number): FleetStatus | undefined => {
    const seen = of(minute);
    if (seen === undefined) return undefined;
    const { containers = [true, true], current = true, expiresAt = 300 * DAY } = seen;
    return {
      ...{ fleet: "prod", at: minute * MINUTE, users: [], troubles: [] },
      tokens: [{ token: "platform", current, expiresAt }],
      consumers: containers.map((good, index) => ({
        ...{ token: "platform", service: `service-${index}`, container: `container-${index}`, sha256: null },
        ...{
          state: good === null ? "unknown" : good ? "ok" : "person",
          why: "",
          command: undefined,
          matches: good,
        },
      })),
    };
  };

const firing = (alert: string, severity: string, labels: Firing["labels"] = token): readonly Firing[] => [
  { alert, severity, labels },
];

export const TOKEN_STORIES: readonly Scenario[] = [
  {
    title: "a rollout that stopped half-way, and is gone on with",
    minutes: 120,
    status: found((minute) => ({ containers: [true, minute < 10 || minute >= 60] })),
    firing: { 20: [], 25: firing("ClaudeRolloutFailed", "critical"), 60: [] },
  },
  {
    title: "a rollout under way, and an engine that does not answer",
    minutes: 60,
    status: found((minute) => ({
      containers: minute < 10 || minute > 20 ? [true, true] : [false, true],
      ...(minute > 40 ? { containers: [null, null], current: null } : {}),
    })),
    firing: { 15: [], 25: [], 60: [] },
  },
  {
    title: "a token file that was refused",
    minutes: 60,
    status: found((minute) => ({ current: minute < 10 })),
    firing: { 20: [], 25: firing("ClaudeTokenNotRolledOut", "warning") },
  },
  {
    title: "a token that ends: a month before, and a week before",
    minutes: 30,
    status: found((minute) => ({ expiresAt: (minute < 10 ? 31 : minute < 20 ? 29 : 6) * DAY })),
    firing: {
      5: [],
      10: firing("ClaudeTokenExpiring", "warning"),
      20: firing("ClaudeTokenExpiring", "critical"),
    },
  },
  {
    title: "a status that nobody asks for any more, though its file lies there",
    minutes: 120,
    status: (minute) => found(() => ({}))(Math.min(minute, 10)),
    firing: { 65: [], 70: [], 80: firing("ClaudeStatusStale", "warning", { fleet: "prod" }) },
  },
];
