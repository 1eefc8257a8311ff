/** What one workstation is told: its part of the plan, and the files that it must have. */
import { PROTOCOL, type HostFile } from "../../contract/fields.ts";
import type { FleetPlan, UserPlan, WorkstationPlan } from "../model.ts";
import { compareText } from "../../lib/order.ts";
import { POLKIT_RULES, polkitRules } from "./polkit.ts";
import * as units from "../units.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";

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
      tokenBoundCidrs: vault.tokenBoundCidrs,
      rotateTokensAfterSeconds: vault.rotateTokensAfterSeconds,
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

/** The units of every user and of the host, what users may do with theirs, and each renewed user's moments; what needs the account's home is rendered on the host. */
function workstationFiles(fleet: FleetPlan, workstation: WorkstationPlan): readonly HostFile[] {
  const { everySeconds, spreadSeconds } = fleet.renewal;
  const file = (path: string, content: string): HostFile => ({ path, mode: "0644", content });
  const unit = (name: string, content: string) => file(`${units.UNIT_FOLDER}/${name}`, content);
  return [
    unit(units.SERVICE_UNIT, units.serviceTemplate()),
    unit(units.TIMER_UNIT, units.timerTemplate()),
    unit(units.PATH_UNIT, units.pathTemplate()),
    unit(units.BACKUP_UNIT, units.backupTemplate()),
    unit(units.RECHECK_UNIT, units.recheckTemplate()),
    unit(units.COLLECT_SERVICE, units.collectService()),
    unit(units.COLLECT_TIMER, units.collectTimer()),
    unit(units.ASSERT_SERVICE, units.assertService()),
    unit(units.ASSERT_TIMER, units.assertTimer()),
    file(POLKIT_RULES, polkitRules()),
    ...workstation.users
      .filter(({ renewal }) => renewal)
      .map(({ name }) =>
        file(
          units.timerDropInPath(name),
          units.timerDropIn({ fleet: fleet.fleet, user: name, everySeconds, spreadSeconds }),
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
    formerly: user.formerly,
    claude: user.claude,
    policy: user.policy,
    dataPath: user.dataPath,
    metadataPath: user.metadataPath,
  };
}
