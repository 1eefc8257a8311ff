/** Gathers what root knows about the users of a fleet: from the fleet record, from systemd and from the users' agents. */
import { relative } from "node:path";
import { errorCode } from "../../lib/expected-error.ts";
import { HomeDeadline } from "../../lib/home-deadline.ts";
import { eachLimited } from "../../lib/each-limited.ts";
import type { UserFacts } from "../../plan/metrics/workstation-samples.ts";
import { userTimer } from "../../plan/units/names.ts";
import { FleetRecord } from "../workstation/fleet-record.ts";
import type { Account, HostSystem } from "../system.ts";
import { unitStates } from "../systemd.ts";
import { readUserFile, type UserMounts } from "../read-user-file.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import { agentStatus, MAX_STATUS_BYTES } from "../../contract/agent-status.ts";
import { parseJson } from "../../lib/parse-json.ts";

const READ_AT_ONCE = 8;

/** Holds what the fleet record says. */
export type Fleet = NonNullable<Awaited<ReturnType<typeof openFleet>>>;

/** Reads a fleet record; undefined before the fleet's first apply here. @throws {ExpectedError} when the record is damaged */
export async function openFleet(system: HostSystem, name: string) {
  const record = new FleetRecord(system, name);
  const [plan, ledger] = await Promise.all([record.plan(), record.ledger()]);
  return plan && { record, plan, ledger };
}

/** Returns the facts of each user of the fleet's plan, in the plan's order. */
export async function factsOf(
  system: HostSystem,
  { record, plan, ledger }: Fleet,
  mounts: UserMounts,
): Promise<readonly UserFacts[]> {
  const renewed = plan.users.filter(({ renewal }) => renewal).map(({ name }) => name);
  const [accounts, timers] = await Promise.all([
    system.accounts(renewed),
    unitStates(system, renewed.map(userTimer)),
  ]);
  const next = new Map(renewed.map((name, index) => [name, timers[index]?.nextElapse ?? null]));
  return eachLimited(plan.users, READ_AT_ONCE, async ({ name, renewal }) => {
    const account = accounts.get(name);
    return {
      fleet: plan.fleet,
      workstation: plan.host,
      user: name,
      renewed: renewal,
      enrolled: ledger.entry(name) !== undefined,
      paused: await record.paused(name),
      nextRunAt: next.get(name) ?? null,
      status: account === undefined ? "no-account" : await readStatus(system, account, plan.fleet, mounts),
    };
  });
}

/** Milliseconds in which a home must answer. */
const HOME_MS = 3000;

/** The path of the status below a home. */
const STATUS = relative("/", userPlaces("/").status).split("/");

/** Returns what a user's agent in `fleet` reports about its last run, or why root does not use it. */
async function readStatus(
  system: HostSystem,
  account: Account,
  fleet: string,
  mounts: UserMounts,
): Promise<UserFacts["status"]> {
  const options = { root: system.owner.uid, mounts, maxBytes: MAX_STATUS_BYTES };
  const read = () => readUserFile(account, STATUS, options);
  // A home on a dead file server must not keep root from the figures of everybody else.
  const file = await new HomeDeadline(HOME_MS).limit(account.home, read).catch((error: unknown) => {
    if (errorCode(error) === "ETIMEDOUT") return { refused: "no-answer" as const };
    throw error;
  });
  if ("refused" in file) return file.refused;
  const parsed = agentStatus.safeParse(parseJson(file.content.toString("utf8")));
  if (!parsed.success) return "shape";
  return parsed.data.fleet === fleet ? parsed.data : "other-fleet";
}
