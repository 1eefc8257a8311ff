/** `observe-workstation`: says what is there. Changes nothing, whatever it finds. */
import { eachLimited } from "../../lib/each-limited.ts";
import { plainText } from "../../lib/expected-error.ts";
import { memoryMark } from "../boot-fingerprint.ts";
import { readMachineId } from "../../lib/machine-id.ts";
import { sourceAddress } from "../../lib/source-address.ts";
import { VaultClient } from "../../lib/vault-client.ts";
import { describeFailure } from "../../lib/vault-result.ts";
import { planDigest, sha256 } from "../../plan/digests.ts";
import { renamedUsers } from "../../plan/workstation/enrolment.ts";
import { conflictsOn } from "./conflicts.ts";
import { judgeDropIns } from "./drop-ins.ts";
import { hostUnits, observeFiles } from "./plan-files.ts";
import { installedProgram } from "./installed-program.ts";
import { PROTOCOL } from "../../contract/fields.ts";
import type { UserObservation, WorkstationObservation } from "../../contract/workstation.ts";
import { FleetRecord, otherPlans } from "./fleet-record.ts";
import { strayUsers } from "./unowned-units.ts";
import { hostPlaces, type Account, type HostSystem } from "../system.ts";
import { unitStates } from "../systemd.ts";
import { askUser, taskFor, USERS_AT_ONCE } from "../user-process.ts";
import { awaitsLogin, userAccount } from "../as-user/task-messages.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { userPath, userTimer } from "../../plan/units/names.ts";
import { nameInVault } from "../../plan/vault/names.ts";

/** Observes the host and the users of `plan`, and those that earlier plans have left here. */
export async function observeWorkstation(
  system: HostSystem,
  plan: HostPlan,
): Promise<WorkstationObservation> {
  const record = new FleetRecord(system, plan.fleet);
  const [ledger, recorded] = await Promise.all([record.ledger(), record.planUnlessDamaged()]);
  const enrolled = Object.keys(ledger).sort();
  const users = [...plan.users, ...(await formerUsers(record, plan, enrolled))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const [missing, accounts, vaultAway] = await Promise.all([
    system.missing(),
    system.accounts(users.map(({ name }) => name)),
    vaultTrouble(plan),
  ]);
  const units = hostUnits(plan.files);
  const [timers, paths, own] = await Promise.all([
    unitStates(
      system,
      users.map(({ name }) => userTimer(name)),
    ),
    unitStates(
      system,
      users.map(({ name }) => userPath(name)),
    ),
    unitStates(system, units),
  ]);
  const observations = await eachLimited([...users.entries()], USERS_AT_ONCE, async ([index, user]) => ({
    ...withRecord(
      await observeUser(system, { plan, recorded }, user, accounts.get(user.name), vaultAway),
      (ledger[user.name] ?? ledger[nameInVault(user)])?.accessor,
    ),
    timerEnabled: timers[index]?.enabled ?? null,
    timerActive: timers[index]?.active ?? null,
    pathEnabled: paths[index]?.enabled ?? null,
    pathActive: paths[index]?.active ?? null,
    paused: await record.paused(user.name),
  }));
  return {
    protocol: PROTOCOL,
    machineId: await readMachineId(hostPlaces(system).machineId),
    missing: [...missing],
    vaultSource: await vaultSource(plan),
    conflicts: [...(await conflictsHere(system, plan, recorded))],
    program: await installedProgram(system),
    node: system.node.kind,
    // There is none, or a damaged one: an apply writes it anew either way.
    plan: recorded === undefined ? null : planDigest(recorded),
    recordedAs: recorded?.host ?? null,
    generation: await record.generation(),
    mark: await memoryMark(record.generationFile),
    files: (await observeFiles(system, plan.files)).map((file) => ({
      ...file,
      applied:
        recorded?.files.some(({ path, content }) => path === file.path && sha256(content) === file.sha256) ??
        false,
    })),
    units: units.map((name, index) => ({
      name,
      enabled: own[index]?.enabled ?? null,
      active: own[index]?.active ?? null,
    })),
    enrolled,
    strays: [...(await strayUsers(system, plan))],
    users: observations,
  };
}

/** As an apply would meet them. */
async function conflictsHere(
  system: HostSystem,
  plan: HostPlan,
  recorded: HostPlan | undefined,
): Promise<readonly string[]> {
  const found = await conflictsOn(system, plan, recorded, await otherPlans(system, plan.fleet));
  return found.slice(0, 1000).map((sentence) => plainText(sentence, 500));
}

/** Users that are enrolled here and that the plan no longer has, as the last plan knew them. */
export async function formerUsers(
  record: FleetRecord,
  plan: HostPlan,
  enrolled: readonly string[],
): Promise<readonly HostUser[]> {
  const present = new Set(plan.users.map(({ name }) => name));
  const renamed = renamedUsers(plan, enrolled);
  const gone = enrolled.filter((name) => !present.has(name) && !renamed.has(name));
  if (gone.length === 0) return [];
  const recorded = new Map((await record.planUnlessDamaged())?.users.map((user) => [user.name, user]));
  return gone.map((name) => recorded.get(name) ?? unknownUser(name));
}

/** A user of whom only the name is left; their token's policy is not known, so it can only be retired. */
function unknownUser(name: string): HostUser {
  const nothing = { email: "", organization: undefined, formerly: undefined, claude: undefined };
  return { name, renewal: false, policy: "", dataPath: "", metadataPath: "", ...nothing };
}

/** Why Vault need not be asked for each user, as a clause; undefined when it serves. */
export async function vaultTrouble(plan: HostPlan): Promise<string | undefined> {
  const { address, namespace, caPem } = plan.vault;
  const health = await new VaultClient({ address, namespace, caPem, token: undefined }).health();
  // Any other answer may come from a proxy that hides sys/health: then each token's own call decides.
  if (health.kind !== "sealed" && health.kind !== "unreachable") return undefined;
  return `Vault at ${address} ${describeFailure(health)}`;
}

/** Only where tokens are bound to networks does it matter. */
async function vaultSource({ vault }: HostPlan): Promise<string | null> {
  if (vault.tokenBoundCidrs.length === 0) return null;
  return (await sourceAddress(vault.address)) ?? null;
}

/** What of an observation comes from the user's own process and home. */
type UserPart = Omit<
  UserObservation,
  "timerEnabled" | "timerActive" | "pathEnabled" | "pathActive" | "paused"
>;

/** A token that the home has lost, or that an account took with it, is still on root's record. */
function withRecord(found: UserPart, accessor: string | null | undefined): UserPart {
  const all = [...found.accessors, ...(accessor === null || accessor === undefined ? [] : [accessor])];
  return { ...found, accessors: [...new Set(all)] };
}

async function observeUser(
  system: HostSystem,
  { plan, recorded }: { readonly plan: HostPlan; readonly recorded: HostPlan | undefined },
  user: HostUser,
  account: Account | undefined,
  vaultAway: string | undefined,
): Promise<UserPart> {
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
  const asked = await askUser(
    system,
    account,
    "observe",
    taskFor(plan, user, account, { vaultAway }),
    userAccount,
  );
  if ("problem" in asked) return { ...nothing, token: tokenUnknown(asked.problem) };
  const { credential, token, claude, accessors } = asked.answer;
  return {
    ...nothing,
    credential,
    awaitingLogin: awaitsLogin(asked.answer),
    token,
    accessors,
    claude,
    dropIn: await judgeDropIns(system, plan, recorded, user, account),
  };
}

function tokenUnknown(detail: string): UserObservation["token"] {
  return { health: "unknown", detail: detail.slice(0, 500), accessor: null, ttlSeconds: null, mode: null };
}
