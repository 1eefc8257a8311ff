/** How a host, and Vault, are reached: the part that all standard inputs of commands share. */
import type { Connection, VaultAccess } from "../../contract/connection.ts";
import type { FleetPlan, MonitoringPlan, TokenPlan, WorkstationPlan } from "../model.ts";

/** Returns how the host of a workstation, a token file or the monitoring rules is reached. */
export function connectionOf(
  plan: FleetPlan,
  host: WorkstationPlan | TokenPlan | MonitoringPlan,
): Connection {
  return { address: host.address, ssh: plan.ssh };
}

/** Returns how a command on the operator's machine reaches Vault. */
export function vaultAccessOf({ vault }: FleetPlan): VaultAccess {
  const { address, namespace, caPem, role, strayTokens } = vault;
  return { address, namespace, caPem, role, ...(strayTokens === "leave" ? { strayTokens } : {}) };
}
