/** Builds the status of the whole fleet from its plan and the answers of its hosts. */
import type { WorkstationStatus } from "../../contract/user-run.ts";
import type { FleetPlan, WorkstationPlan } from "../model.ts";
import { ALERT_THRESHOLDS } from "../monitoring/alert-thresholds.ts";
import { EXIT_PERSON, EXIT_UNKNOWN } from "./exit-codes.ts";
import { span } from "./durations.ts";
import { consumerRows, tokenTroubles, tokenRow } from "./token-rows.ts";
import { userRow } from "./user-row.ts";
import type { Answer, Answers, ConsumerRow, FleetStatus, State, Trouble, UserRow } from "./rows.ts";
import { fromHost } from "../../lib/printable.ts";
import { shellWord } from "../../lib/shell-words.ts";

const NOT_ASKED = { kind: "unknown", reason: "it was not asked" } as const;

/** Returns the status of everything in the plan. @param at when the hosts were asked, in milliseconds since the epoch */
export function fleetStatus(plan: FleetPlan, answers: Answers, at: number): FleetStatus {
  const workstation = (name: string) => answers.workstations.get(name) ?? NOT_ASKED;
  const token = (name: string) => answers.tokens.get(name) ?? NOT_ASKED;
  return {
    fleet: plan.fleet,
    at,
    users: plan.workstations.flatMap(({ name, users }) =>
      users.map((user) => userRow(plan, user, workstation(name))),
    ),
    consumers: plan.tokens.flatMap((one) => consumerRows(one, token(one.name))),
    tokens: plan.tokens.map((one) => tokenRow(one, token(one.name))),
    troubles: [
      ...plan.workstations.flatMap((one) => workstationTroubles(one, workstation(one.name))),
      ...plan.tokens.flatMap((one) => tokenTroubles(one, token(one.name), at)),
    ],
  };
}

function workstationTroubles(
  { name, users }: WorkstationPlan,
  answer: Answer<WorkstationStatus>,
): readonly Trouble[] {
  const about = (state: State, why: string, command?: string): Trouble => ({
    ...{ name: `workstation ${name}`, state, why, command },
  });
  if (answer.kind === "unknown") return [about("unknown", fromHost(answer.reason))];
  const { collectedAt, now, repair } = answer.found;
  const untrusted = answer.found.untrusted.map(({ path, why, own }) => {
    const command = `chown root:root ${shellWord(path)}; chmod go-w ${shellWord(path)}   # on ${name}`;
    return about("person", fromHost(`${path} ${why}`), own ? "npx pulumi up" : fromHost(command));
  });
  if (!users.some(({ renewal }) => renewal)) return untrusted;
  const own = [metricsTrouble(collectedAt, now), ...repairTroubles(repair, now)]
    .filter((why) => why !== undefined)
    .map((why) => about("person", why, "npx pulumi up"));
  return [...untrusted, ...own];
}

function metricsTrouble(collectedAt: number | null, now: number): string | undefined {
  if (collectedAt === null) return "its metrics were never rendered";
  if (now - collectedAt < ALERT_THRESHOLDS.collectorSilentFor * 1000) return undefined;
  return `its metrics are ${span(now - collectedAt)} old, although a timer renders them every minute`;
}

function repairTroubles(repair: WorkstationStatus["repair"], now: number): readonly string[] {
  if (repair === null) return [];
  const silent = now - repair.at >= ALERT_THRESHOLDS.repairSilentFor * 1000;
  return [
    ...(silent ? [`its last hourly repair was ${span(now - repair.at)} ago`] : []),
    ...(repair.problems === 0
      ? []
      : [
          `its hourly repair failed with ${repair.problems} ${repair.problems === 1 ? "problem" : "problems"}; \`journalctl -u claude-fleet-assert.service\` on that host names them`,
        ]),
  ];
}

function rows({ users, consumers, troubles }: FleetStatus): readonly (UserRow | ConsumerRow | Trouble)[] {
  return [...users, ...consumers, ...troubles];
}

/** Returns the name of a row in a sentence. */
export function nameOf(row: UserRow | ConsumerRow | Trouble): string {
  if ("user" in row) return row.user;
  return "service" in row ? `${row.token}/${row.service}` : row.name;
}

/** Returns the rows that need a person, in order. */
export function needy(status: FleetStatus): readonly (UserRow | ConsumerRow | Trouble)[] {
  return rows(status).filter(({ state }) => state === "person");
}

/** Returns the first sentence of the status. It counts renewed users, containers, and what else needs a person. */
export function headline(status: FleetStatus): string {
  const counted = [...status.users.filter(({ state }) => state !== "not-renewed"), ...status.consumers];
  const needing = needy(status);
  const others = needing.filter((row) => !counted.some((one) => one === row)).length;
  const names = needing.map(nameOf).join(", ");
  const all = counted.length + others;
  const silent = status.troubles.filter(({ state }) => state === "unknown").map(nameOf);
  const unknown = silent.length === 0 ? "" : `; unknown: ${silent.join(", ")}`;
  return `${needing.length} of ${all} need a person${names === "" ? "" : `: ${names}`}${unknown}`;
}

/** Returns the exit code of a status. */
export function exitCode(status: FleetStatus): number {
  if (needy(status).length > 0) return EXIT_PERSON;
  return rows(status).some(({ state }) => state === "unknown") ? EXIT_UNKNOWN : 0;
}
