/** Says in a preview, in one place and in words, all that differs from the roster and the settings. */
import * as pulumi from "@pulumi/pulumi";
import { driftReport } from "../plan/drift/report.ts";
import type { FleetPlan } from "../plan/model.ts";
import { vaultDrift, type VaultSeen } from "../plan/drift/vault.ts";
import type { FleetReview } from "./review.ts";

/** An `up` says nothing: it repairs, and the engine shows what. @param owner the stack, as its policies say */
export function reportDrift(plan: FleetPlan, owner: string, seen: VaultSeen, review: FleetReview): void {
  if (!pulumi.runtime.isDryRun()) return;
  const { workstations, tokens, rules, strays, purges } = review;
  const report = driftReport([
    {
      place: "Vault",
      drifts: [
        ...vaultDrift(plan, owner, seen),
        ...[strays, ...purges].flatMap(({ differences }) => differences),
      ],
    },
    ...workstations.map(({ workstation, differences }) => ({
      place: `workstation ${workstation.name}`,
      drifts: differences,
    })),
    ...tokens.map(({ token, differences }) => ({ place: `token ${token.name}`, drifts: differences })),
    { place: "monitoring", drifts: rules?.differences ?? [] },
  ]);
  if (report !== undefined) void pulumi.log.info(report);
}
