/** All rules of the pack. */
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { noSecretInInputs } from "./rules/no-secret-in-inputs.ts";
import { safeDelete } from "./rules/safe-delete.ts";
import { tokenMounts } from "./rules/token-mounts.ts";
import { tokenRole } from "./rules/token-role.ts";
import { userMetadata } from "./rules/user-metadata.ts";
import { userPolicyPaths } from "./rules/user-policy-paths.ts";

export const rules: readonly ResourceValidationPolicy[] = [
  noSecretInInputs,
  safeDelete,
  tokenMounts,
  tokenRole,
  userMetadata,
  userPolicyPaths,
];
