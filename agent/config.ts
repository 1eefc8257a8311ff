/** Whose login a run keeps, from the plan that root has recorded: /etc/claude-fleet/<fleet>/plan.json. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ExpectedError } from "../lib/expected-error.ts";
import { readMachineId } from "../lib/machine-id.ts";
import type { TokenIdentity } from "../lib/token-identity.ts";
import { parsePlan } from "../contract/parse-messages.ts";
import type { HostPlan, Waits } from "../contract/host-plan.ts";
import { nameInVault } from "../plan/vault/names.ts";
import { readRegularFile } from "../lib/regular-file.ts";

/** Everything that a run needs to know. */
export interface AgentConfig {
  readonly user: string;
  readonly home: string;
  readonly fleet: string;
  readonly email: string;
  /** UUID of the organization that the login must belong to; undefined: any. */
  readonly organization: string | undefined;
  readonly vault: HostPlan["vault"];
  readonly identity: TokenIdentity;
  /** `<mount>/data/<prefix>/<user>`. */
  readonly dataPath: string;
  /** Whether this host is being taken over from the original, whose backups carry no machine id. */
  readonly adopt: boolean;
  /** Configured path of the CLI; undefined: the agent looks in the usual places. */
  readonly claude: string | undefined;
  readonly minClaudeVersion: string;
  readonly claudeWaitSeconds: number;
  readonly waits: Waits;
  /** This machine's id, which its backups carry. */
  readonly machineId: string;
}

/** The running user. */
export interface Person {
  readonly name: string;
  readonly home: string;
}

/** What root keeps for the agent. `owner`: the only account that may write plans. */
export interface PlanStore {
  readonly folder: string;
  readonly owner: number;
  readonly machineIdFile: string;
}

export const ETC: PlanStore = { folder: "/etc/claude-fleet", owner: 0, machineIdFile: "/etc/machine-id" };
const MAX_PLAN_BYTES = 32 * 1024 * 1024;

/**
 * Returns the configuration of `person` in `fleet`. Without a fleet it takes the only fleet that renews the person.
 * @param claude the CLI's path that the unit names; it overrides the plan's
 * @throws {ExpectedError} when no plan has this user, or more than one plan has
 */
export async function loadConfig(
  person: Person,
  fleet: string | undefined,
  claude: string | undefined,
  store: PlanStore = ETC,
): Promise<AgentConfig> {
  const fleets = fleet === undefined ? await fleetNames(store) : [fleet];
  const plans = await Promise.all(
    fleets.map((name) => readPlan(join(store.folder, name, "plan.json"), store)),
  );
  const found = plans.flatMap((plan) => {
    const user = plan?.users.find(({ name, renewal }) => name === person.name && renewal);
    return plan === undefined || user === undefined ? [] : [{ plan, user }];
  });
  const [only, second] = found;
  if (only === undefined) {
    throw new ExpectedError(
      `No fleet on this host renews the login of ${person.name} (see ${store.folder}). Add the user to the roster and run \`pulumi up\`.`,
    );
  }
  if (second !== undefined) {
    throw new ExpectedError(
      `Two fleets on this host renew ${person.name}: ${only.plan.fleet} and ${second.plan.fleet}. Name the fleet with --fleet.`,
    );
  }
  const { plan, user } = only;
  const { role, tokenPeriodSeconds } = plan.vault;
  return {
    user: person.name,
    home: person.home,
    fleet: plan.fleet,
    email: user.email,
    organization: user.organization,
    vault: plan.vault,
    identity: {
      fleet: plan.fleet,
      user: nameInVault(user),
      host: plan.host,
      policy: user.policy,
      role,
      periodSeconds: tokenPeriodSeconds,
    },
    dataPath: user.dataPath,
    adopt: plan.renewal.adopt,
    claude: claude ?? user.claude,
    minClaudeVersion: plan.renewal.minClaudeVersion,
    claudeWaitSeconds: plan.renewal.claudeWaitSeconds,
    waits: plan.renewal.waits,
    machineId: await readMachineId(store.machineIdFile),
  };
}

async function readPlan(path: string, store: PlanStore): Promise<HostPlan | undefined> {
  const reading = await readRegularFile(path, MAX_PLAN_BYTES);
  if (reading.kind === "missing") return undefined;
  if (reading.kind !== "file")
    throw new ExpectedError(`${path} cannot be read (${reading.kind}). Run \`pulumi up\`.`);
  const { uid, mode } = reading.stat;
  // The plan says where the login is sent. Only root may have written it.
  if (uid !== store.owner || (mode & 0o022) !== 0) {
    throw new ExpectedError(`${path} can be written by others than root. Run \`pulumi up\` to repair it.`);
  }
  return parsePlan(reading.content.toString("utf8"), path);
}

async function fleetNames(store: PlanStore): Promise<readonly string[]> {
  try {
    return (await readdir(store.folder)).sort();
  } catch (error) {
    throw new ExpectedError(`${store.folder} cannot be read. Run \`pulumi up\` for this workstation first.`, {
      cause: error,
    });
  }
}
