/** What one workstation is told: its part of the plan, and the files that it must have. */
import { PROTOCOL, type HostFile, type HostPlan, type HostUser } from "../host/protocol.ts";
import type { FleetPlan, UserPlan, WorkstationPlan } from "./model.ts";
import { compareText } from "./order.ts";
import {
  SERVICE_UNIT,
  TIMER_UNIT,
  UNIT_FOLDER,
  serviceTemplate,
  timerDropIn,
  timerDropInPath,
  timerTemplate,
} from "./units.ts";

/** Everything that `apply` makes true on this workstation; no secrets. Files and users are sorted. */
export function hostPlan(
  fleet: FleetPlan,
  workstation: WorkstationPlan,
  program: HostPlan["program"],
): HostPlan {
  const { vault, renewal } = fleet;
  return {
    protocol: PROTOCOL,
    fleet: fleet.fleet,
    host: workstation.name,
    program: { version: program.version, sha256: program.sha256 },
    vault: {
      address: workstation.vaultAddress,
      namespace: vault.namespace,
      caPem: vault.caPem,
      role: vault.role,
      tokenPeriodSeconds: vault.tokenPeriodSeconds,
    },
    renewal: {
      everySeconds: renewal.everySeconds,
      minClaudeVersion: renewal.minClaudeVersion,
      claudeWaitSeconds: renewal.claudeWaitSeconds,
      adopt: renewal.adopt,
      waits: renewal.waits,
    },
    files: workstationFiles(fleet, workstation),
    users: workstation.users.map(hostUser),
  };
}

/** The shared templates, and each renewed user's moments; what needs the account's home is rendered on the host. */
function workstationFiles(fleet: FleetPlan, workstation: WorkstationPlan): readonly HostFile[] {
  const { everySeconds, spreadSeconds } = fleet.renewal;
  const file = (path: string, content: string): HostFile => ({ path, mode: "0644", content });
  return [
    file(`${UNIT_FOLDER}/${SERVICE_UNIT}`, serviceTemplate()),
    file(`${UNIT_FOLDER}/${TIMER_UNIT}`, timerTemplate()),
    ...workstation.users
      .filter(({ renewal }) => renewal)
      .map(({ name }) =>
        file(
          timerDropInPath(name),
          timerDropIn({ fleet: fleet.fleet, user: name, everySeconds, spreadSeconds }),
        ),
      ),
  ].sort((a, b) => compareText(a.path, b.path));
}

function hostUser(user: UserPlan): HostUser {
  return {
    name: user.name,
    email: user.email,
    organization: user.organization,
    renewal: user.renewal,
    claude: user.claude,
    policy: user.policy,
    dataPath: user.dataPath,
    metadataPath: user.metadataPath,
  };
}
