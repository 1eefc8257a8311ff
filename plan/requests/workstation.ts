/** The standard inputs of the two commands of a workstation. */
import type { CommandInput } from "../../contract/command-input.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import type { FleetPlan, WorkstationPlan } from "../model.ts";
import { connectionOf, vaultAccessOf } from "./connection.ts";

/** Returns the input of `apply` and, on delete, of `remove`. */
export function applyInput(
  plan: FleetPlan,
  workstation: WorkstationPlan,
  wanted: HostPlan,
): CommandInput<"apply"> {
  return {
    connection: connectionOf(plan, workstation),
    vault: vaultAccessOf(plan),
    request: { action: "apply", plan: wanted, maxChanges: plan.renewal.maxChangesPerUp },
  };
}

/**
 * Returns the input of `retire`: the same plan without its files, and with a placeholder for the program. A new unit or a
 * new program then is no change of this input, and does not run the command.
 */
export function unenrolInput(
  plan: FleetPlan,
  workstation: WorkstationPlan,
  wanted: HostPlan,
): CommandInput<"retire"> {
  const input = applyInput(plan, workstation, wanted);
  const unprogrammed = { ...wanted, files: [], program: { version: "any", sha256: "0".repeat(64) } };
  return { ...input, request: { ...input.request, action: "retire", plan: unprogrammed } };
}
