/** Renders a user's Vault policy: exact paths, and the capabilities that the agent needs on each. */
import type { UserPlan } from "../model.ts";
import { renderPolicy, rule, type PolicyRule } from "./hcl.ts";
import { ownershipLine } from "./ownership.ts";

/**
 * Returns the policy of one user in HCL. The first backup needs `create`, and later backups need `update`. The token has
 * no `default` policy, so this policy lets it look itself up and renew itself.
 * Source: https://developer.hashicorp.com/vault/docs/secrets/kv/kv-v2/setup#acl-rules
 * @throws RangeError for a path that holds a wildcard or a template of a policy
 */
export function userPolicy(user: Pick<UserPlan, "dataPath" | "metadataPath">): string {
  const rules: readonly PolicyRule[] = [
    rule("Back up this user's login, and read it back.", user.dataPath, "create", "read", "update"),
    rule("See which versions of the backup there are, and when each was written.", user.metadataPath, "read"),
    rule("Let the token see its own life left and its own policies.", "auth/token/lookup-self", "read"),
    rule("Let the token begin its period anew on every run.", "auth/token/renew-self", "update"),
  ];
  return renderPolicy(rules.map((one) => ({ ...one, path: exactPath(one.path) })));
}

/** Refuses a path that could name more than one user. The settings refuse such paths already. */
function exactPath(path: string): string {
  if (/[*+{}]/.test(path) || path === "" || path.startsWith("/") || path.endsWith("/")) {
    throw new RangeError(`"${path}" is not the exact path of one secret.`);
  }
  return path;
}

/** Returns a user's policy with the line that names its stack. @param owner the stack, as in {@link ownershipLine} */
export function accessPolicy(owner: string, user: Pick<UserPlan, "dataPath" | "metadataPath">): string {
  return `${ownershipLine(owner)}\n\n${userPolicy(user)}`;
}
