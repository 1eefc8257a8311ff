/** Renders the samples that only `claude-fleet status` can render: tokens, containers, and hosts without an answer. */
import type { FleetStatus } from "../status/rows.ts";
import { STATUS_METRICS, type Metric } from "./metric-table.ts";
import type { Sample } from "./workstation-samples.ts";

/** Returns the samples. What is unknown has no sample. */
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
      ...known(STATUS_METRICS.tokenCurrent, { fleet, token }, current === null ? null : Number(current)),
      ...known(STATUS_METRICS.tokenExpiry, { fleet, token }, expiresAt === null ? null : expiresAt / 1000),
    ]),
    { metric: STATUS_METRICS.unknown, labels: { fleet }, value: unknown },
    { metric: STATUS_METRICS.asked, labels: { fleet }, value: at / 1000 },
  ];
}

function known(metric: Metric, labels: Sample["labels"], value: number | null): readonly Sample[] {
  return value === null ? [] : [{ metric, labels, value }];
}
