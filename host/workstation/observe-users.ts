/** Observes the users of a workstation: their units, their record and what their own process reports. */
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { PROTOCOL_LIMITS } from "../../contract/protocol-limits.ts";
import type { UserObservation } from "../../contract/workstation.ts";
import { eachLimited } from "../../lib/each-limited.ts";
import { nameInVault } from "../../plan/vault/names.ts";
import { userNowPath, userPath, userTimer } from "../../plan/units/names.ts";
import { awaitsLogin, userAccount } from "../as-user/task-messages.ts";
import type { Account, HostSystem } from "../system.ts";
import { unitStates } from "../systemd.ts";
import { askUser, taskFor, USER_PATIENCE_MS, USERS_AT_ONCE } from "../user-process.ts";
import { compareDropIns } from "./drop-ins.ts";
import type { FleetRecord } from "./fleet-record.ts";
import type { Ledger } from "./ledger.ts";
import { vaultTrouble } from "./vault-health.ts";

/** What {@link observeUsers} works with. `recorded` is the plan that was applied last; undefined when there is none. */
interface UsersContext {
  readonly system: HostSystem;
  readonly plan: HostPlan;
  readonly recorded: HostPlan | undefined;
  readonly record: FleetRecord;
  readonly ledger: Ledger;
}

/** The part of an observation that comes from the user's own process and home. */
type HomeObservation = Omit<
  UserObservation,
  "timerEnabled" | "timerActive" | "pathEnabled" | "pathActive" | "nowEnabled" | "nowActive" | "paused"
>;

/** Observes `users`, in their order. One user's trouble does not change the observation of another. */
export async function observeUsers(
  context: UsersContext,
  users: readonly HostUser[],
): Promise<UserObservation[]> {
  const { system, plan, record } = context;
  const names = users.map(({ name }) => name);
  const [accounts, vaultAway, timers, paths, nows] = await Promise.all([
    system.accounts(names),
    vaultTrouble(plan),
    unitStates(system, names.map(userTimer)),
    unitStates(system, names.map(userPath)),
    unitStates(system, names.map(userNowPath)),
  ]);
  const observe = async ([index, user]: readonly [number, HostUser]): Promise<UserObservation> => ({
    ...withLedger(await observeHome(context, user, accounts.get(user.name), vaultAway), context.ledger, user),
    timerEnabled: timers[index]?.enabled ?? null,
    timerActive: timers[index]?.active ?? null,
    pathEnabled: paths[index]?.enabled ?? null,
    pathActive: paths[index]?.active ?? null,
    nowEnabled: nows[index]?.enabled ?? null,
    nowActive: nows[index]?.active ?? null,
    paused: await record.paused(user.name),
  });
  return eachLimited([...users.entries()], USERS_AT_ONCE, observe, USER_PATIENCE_MS);
}

/** Adds the ledger's accessors: the home may have lost its token, or an account may have taken it along. */
function withLedger(found: HomeObservation, ledger: Ledger, user: HostUser): HomeObservation {
  const recorded = [user.name, nameInVault(user)].flatMap((name) => ledger.accessors(name));
  return {
    ...found,
    accessors: [...new Set([...found.accessors, ...recorded])].slice(0, PROTOCOL_LIMITS.accessors),
  };
}

async function observeHome(
  { system, plan, recorded }: UsersContext,
  user: HostUser,
  account: Account | undefined,
  vaultAway: string | undefined,
): Promise<HomeObservation> {
  const nothing = {
    name: user.name,
    exists: account !== undefined,
    home: account?.home ?? null,
    credential: "unknown" as const,
    awaitingLogin: null,
    token: tokenUnknown("no such OS user"),
    accessors: [],
    claude: null,
    dropIn: "unknown" as const,
  };
  if (account === undefined) return nothing;
  const task = taskFor(plan, user, account, { vaultAway });
  const asked = await askUser(system, account, "observe", task, userAccount);
  if ("problem" in asked) return { ...nothing, token: tokenUnknown(asked.problem) };
  const { credential, token, claude, accessors } = asked.answer;
  return {
    ...nothing,
    credential,
    awaitingLogin: awaitsLogin(asked.answer),
    token,
    accessors,
    claude,
    dropIn: await compareDropIns(system, plan, recorded, user, account),
  };
}

function tokenUnknown(detail: string): UserObservation["token"] {
  const cut = detail.slice(0, PROTOCOL_LIMITS.detail);
  return { health: "unknown", detail: cut, accessor: null, ttlSeconds: null, mode: null };
}
