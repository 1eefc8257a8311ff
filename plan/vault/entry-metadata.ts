/** What Vault holds for one user beside the backups themselves: the policy's text, and the entry's metadata. */
import type { UserPlan } from "../model.ts";
import { ownershipLine } from "./ownership.ts";
import { userPolicy } from "./user-policy.ts";
import { nameInVault } from "./names.ts";

/** Versions that Vault keeps of a user's login, as the original runbook has it. */
const MAX_VERSIONS = 50;

/** A user's policy, in HCL, with the line that says whose it is. @param owner the stack, as in {@link ownershipLine} */
export function accessPolicy(owner: string, user: Pick<UserPlan, "dataPath" | "metadataPath">): string {
  return `${ownershipLine(owner)}\n\n${userPolicy(user)}`;
}

/** Metadata of a user's entry, in the words of Vault's API; what is not named here is left as it is. */
export function entryMetadata(fleet: string, user: Pick<UserPlan, "name" | "formerly">) {
  return {
    custom_metadata: { fleet, user: nameInVault(user) },
    // A backup that Vault itself takes away after a while is none.
    delete_version_after: "0s",
    max_versions: MAX_VERSIONS,
  } as const;
}
