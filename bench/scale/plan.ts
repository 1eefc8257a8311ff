/** A plan of any number of users, made by the real loader. */
import { loadPlan } from "../../plan/load.ts";
import type { UserPlan, VaultPlan } from "../../plan/model.ts";

/** The part of the plan that Vault sees. */
export interface ScalePlan {
  readonly fleet: string;
  readonly vault: VaultPlan;
  readonly users: readonly UserPlan[];
}

/** A roster of that many users on one workstation. */
export function scaleRoster(users: number): string {
  const names = Array.from({ length: users }, (_, index) => `user${index + 1}`);
  return [
    "workstations:",
    "  bench: {local: true}",
    "users:",
    ...names.map((name) => `  ${name}: {workstation: bench, email: ${name}@example.com}`),
  ].join("\n");
}

/** A fleet named `scale<users>` with that many users on one workstation, which is never asked. */
export function scalePlan(address: string, users: number): ScalePlan {
  const plan = loadPlan({
    settings: { fleet: `scale${users}`, vault: { address, prefix: `bench/scale${users}` } },
    roster: { file: "roster.yaml", text: scaleRoster(users) },
    projectFolder: "/",
  });
  return { fleet: plan.fleet, vault: plan.vault, users: plan.workstations.flatMap((one) => one.users) };
}
