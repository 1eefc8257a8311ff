/** Plans one workstation: its part of the fleet's plan. */
import { PROTOCOL } from "../../contract/fields.ts";
import type { FleetPlan, UserPlan, WorkstationPlan } from "../model.ts";
import { workstationFiles } from "./files.ts";
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

/** Returns what the host knows of a user: everything but where the user is. */
function hostUser({ workstation: _, ...user }: UserPlan): HostUser {
  return user;
}
