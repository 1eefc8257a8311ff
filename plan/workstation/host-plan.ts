/** Plans one workstation: its part of the fleet's plan, and the files that it must have. */
import { PROTOCOL, type HostFile } from "../../contract/fields.ts";
import type { FleetPlan, UserPlan, WorkstationPlan } from "../model.ts";
import { compareText } from "../../lib/order.ts";
import { POLKIT_RULES, polkitRules } from "./polkit.ts";
import { pathTemplate } from "../units/agent-path.ts";
import { backupTemplate, recheckTemplate, serviceTemplate } from "../units/agent-services.ts";
import { timerDropIn, timerTemplate } from "../units/agent-timer.ts";
import { assertService, assertTimer } from "../units/hourly-repair.ts";
import { collectService, collectTimer } from "../units/metrics-collector.ts";
import * as names from "../units/names.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";

/** Returns everything that an apply makes true on this workstation, without secrets. Files and users are sorted. */
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

/** Returns the files that need no fact about an account. The host renders the others: see ../units/user-drop-ins.ts. */
function workstationFiles(fleet: FleetPlan, workstation: WorkstationPlan): readonly HostFile[] {
  const { everySeconds, spreadSeconds } = fleet.renewal;
  const file = (path: string, content: string): HostFile => ({ path, mode: "0644", content });
  const unit = (name: string, content: string) => file(`${names.UNIT_FOLDER}/${name}`, content);
  return [
    unit(names.SERVICE_UNIT, serviceTemplate()),
    unit(names.TIMER_UNIT, timerTemplate()),
    unit(names.PATH_UNIT, pathTemplate()),
    unit(names.BACKUP_UNIT, backupTemplate()),
    unit(names.RECHECK_UNIT, recheckTemplate()),
    unit(names.COLLECT_SERVICE, collectService()),
    unit(names.COLLECT_TIMER, collectTimer()),
    unit(names.ASSERT_SERVICE, assertService()),
    unit(names.ASSERT_TIMER, assertTimer()),
    file(POLKIT_RULES, polkitRules()),
    ...workstation.users
      .filter(({ renewal }) => renewal)
      .map(({ name }) =>
        file(
          names.dropInPath(names.userTimer(name)),
          timerDropIn({ fleet: fleet.fleet, user: name, everySeconds, spreadSeconds }),
        ),
      ),
  ].sort((a, b) => compareText(a.path, b.path));
}

/** Returns what the host knows of a user: everything but where the user is. */
function hostUser({ workstation: _, ...user }: UserPlan): HostUser {
  return user;
}
