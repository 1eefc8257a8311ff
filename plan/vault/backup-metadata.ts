/** Defines the metadata of a user's backups in Vault. */
import type { UserPlan } from "../model.ts";
import { nameInVault } from "./names.ts";

/** How many versions of a user's login Vault keeps. The original has the same number. */
const MAX_VERSIONS = 50;

/** Returns the metadata of a user's entry in the terms of Vault's API. Other metadata stays as it is. */
export function entryMetadata(fleet: string, user: Pick<UserPlan, "name" | "formerly">) {
  return {
    custom_metadata: { fleet, user: nameInVault(user) },
    // A backup must not expire.
    delete_version_after: "0s",
    max_versions: MAX_VERSIONS,
  } as const;
}
