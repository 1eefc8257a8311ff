/** What `claude-fleet status` knows and no workstation does, as figures: the tokens, and who did not answer. Pure. */
import type { FleetStatus } from "../status/rows.ts";
import type { Sample } from "./workstation-samples.ts";
import { metric } from "./table.ts";

/** The table of these figures; see METRICS for the words. */
export const STATUS_METRICS = {
  consumerCurrent: metric(
    "claude_fleet_consumer_current",
    "Whether the container runs and reads the token that passed the gate last",
    "fleet",
    "token",
    "service",
  ),
  tokenCurrent: metric(
    "claude_fleet_token_file_current",
    "Whether the token file is the one that passed the gate last",
    "fleet",
    "token",
  ),
  tokenExpiry: metric(
    "claude_fleet_token_expiry_timestamp_seconds",
    "When the token of the containers ends, as its file says",
    "fleet",
    "token",
  ),
  unknown: metric(
    "claude_fleet_status_unknown",
    "Hosts and token files of which nothing was learned",
    "fleet",
  ),
  asked: metric("claude_fleet_status_last_run_timestamp_seconds", "When the hosts were asked", "fleet"),
} as const;

/** The samples; what is not known has none. */
export function statusSamples({ fleet, at, consumers, tokens, troubles }: FleetStatus): readonly Sample[] {
  const unknown = troubles.filter(({ state }) => state === "unknown").length;
  return [
    ...consumers
      .filter(({ state }) => state !== "unknown")
      .map(({ token, service, state }) => ({
        metric: STATUS_METRICS.consumerCurrent,
        labels: { fleet, token, service },
        value: Number(state === "ok"),
      })),
    ...tokens.flatMap(({ token, current, expiresAt }) => [
      ...sample(STATUS_METRICS.tokenCurrent, { fleet, token }, current === null ? null : Number(current)),
      ...sample(STATUS_METRICS.tokenExpiry, { fleet, token }, expiresAt === null ? null : expiresAt / 1000),
    ]),
    { metric: STATUS_METRICS.unknown, labels: { fleet }, value: unknown },
    { metric: STATUS_METRICS.asked, labels: { fleet }, value: at / 1000 },
  ];
}

function sample(of: Sample["metric"], labels: Sample["labels"], value: number | null): readonly Sample[] {
  return value === null ? [] : [{ metric: of, labels, value }];
}
