/** Lists all rules of the pack, sorted by name. */
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { noOauthApiKey } from "./rules/no-oauth-api-key.ts";
import { noSecretInInputs } from "./rules/no-secret-in-inputs.ts";
import { noTokenVariable } from "./rules/no-token-variable.ts";
import { pinnedImages } from "./rules/pinned-images.ts";
import { protectedMount } from "./rules/protected-mount.ts";
import { safeDelete } from "./rules/safe-delete.ts";
import { sshHostKeys } from "./rules/ssh-host-keys.ts";
import { tokenMounts } from "./rules/token-mounts.ts";
import { tokenRole } from "./rules/token-role.ts";
import { userMetadata } from "./rules/user-metadata.ts";
import { userPolicyPaths } from "./rules/user-policy-paths.ts";

export const rules: readonly ResourceValidationPolicy[] = [
  noOauthApiKey,
  noSecretInInputs,
  noTokenVariable,
  pinnedImages,
  protectedMount,
  safeDelete,
  sshHostKeys,
  tokenMounts,
  tokenRole,
  userMetadata,
  userPolicyPaths,
];
