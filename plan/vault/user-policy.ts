/** Text of a user's Vault policy: exact paths, and what the agent needs on each, no more. */
import { renderPolicy, type PolicyRule } from "./hcl.ts";
import type { UserPlan } from "../model.ts";

/**
 * The policy of one user, in HCL. A new backup is `create` the first time and `update` later; the token comes without
 * the `default` policy, so looking itself up and renewing itself must be granted here.
 * Source: https://developer.hashicorp.com/vault/docs/secrets/kv/kv-v2/setup#acl-rules
 * @throws RangeError when a path holds what a policy would read as a wildcard or a template
 */
export function userPolicy(user: Pick<UserPlan, "dataPath" | "metadataPath">): string {
  const rules: readonly PolicyRule[] = [
    {
      intent: "Back up this user's login, and read it back.",
      path: user.dataPath,
      capabilities: ["create", "read", "update"],
    },
    {
      intent: "See which versions of the backup there are, and when each was written.",
      path: user.metadataPath,
      capabilities: ["read"],
    },
    {
      intent: "Let the token see its own life left and its own policies.",
      path: "auth/token/lookup-self",
      capabilities: ["read"],
    },
    {
      intent: "Let the token begin its period anew on every run.",
      path: "auth/token/renew-self",
      capabilities: ["update"],
    },
  ];
  return renderPolicy(rules.map((rule) => ({ ...rule, path: exactPath(rule.path) })));
}

/** The settings refuse such paths; a policy that names more than one user must not come to be all the same. */
function exactPath(path: string): string {
  if (/[*+{}]/.test(path) || path === "" || path.startsWith("/") || path.endsWith("/")) {
    throw new RangeError(`"${path}" is not the exact path of one secret.`);
  }
  return path;
}
