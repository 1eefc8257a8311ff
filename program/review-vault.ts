/** Reviews what only Vault and the hosts together can tell: tokens that nobody has, and backups that shall be gone. */
import * as pulumi from "@pulumi/pulumi";
import type { Drift } from "../components/host-command.ts";
import type { WorkstationObservation } from "../contract/workstation.ts";
import type { FleetPlan } from "../plan/model.ts";
import { unownedTokenDrift } from "../plan/drift/unowned-tokens.ts";
import { metadataPath, nameInVault } from "../plan/vault/names.ts";
import type { VaultRead } from "./read-vault.ts";
import { findStrays } from "./review-strays.ts";
import { driftOf, warn, type Reviewed } from "./reviewed.ts";
import type { HostPlan } from "../contract/host-plan.ts";
import { fromHost } from "../lib/printable.ts";

/** A user of whom no backup shall be left. */
export interface PurgeReview extends Reviewed {
  readonly user: string;
  readonly drift: Drift;
}

/** The fleet's tokens that nobody has, and whether any is to be revoked. */
export interface StraysReview extends Reviewed {
  readonly drift: Drift;
}

/** Before the first purge there is nothing to be found again. */
export function reviewPurge(plan: FleetPlan, user: string, read: VaultRead | undefined): PurgeReview {
  const path = metadataPath(plan.vault, user);
  const found = read?.seen.metadata.get(path);
  const notes =
    found === undefined
      ? []
      : [
          `backups of ${user} (${path}): there are some since ${fromHost(found.createdAt)}, and purgeBackupsOf names the user`,
        ];
  return { user, drift: driftOf(notes, []), differences: notes, unknown: [] };
}

/** What a host says of its users, by the names that their tokens bear. */
function asVaultKnows(
  { users }: HostPlan,
  observed: WorkstationObservation["users"],
): WorkstationObservation["users"] {
  const names = new Map(users.map((user) => [user.name, nameInVault(user)]));
  return observed.map((user) => ({ ...user, name: names.get(user.name) ?? user.name }));
}

/** A look that came to nothing fails a preview, and is no reason for an `up` to do anything. */
export async function reviewStrays(
  plan: FleetPlan,
  read: VaultRead | undefined,
  workstations: readonly {
    readonly wanted: HostPlan;
    readonly observation: WorkstationObservation | undefined;
  }[],
): Promise<StraysReview> {
  const owners = new Map(
    workstations.map(({ wanted, observation }) => [
      wanted.host,
      observation && { users: asVaultKnows(wanted, observation.users) },
    ]),
  );
  if (read === undefined) return { drift: { kind: "none" }, differences: [], unknown: [] };
  const found = await findStrays(read, plan.vault, plan.fleet, { workstations: owners });
  const notes = found.strays.map(unownedTokenDrift);
  const unknown = found.unknown === undefined ? [] : [found.unknown];
  if (pulumi.runtime.isDryRun()) return { drift: driftOf(notes, unknown), differences: notes, unknown };
  for (const line of unknown) warn(`unknown: ${line}`);
  return { drift: driftOf(notes, []), differences: notes, unknown };
}
