/** A user's policy opens that user's entry, and nothing of anybody else. */
import type { ResourceValidationPolicy } from "@pulumi/policy";

const OWN_TOKEN = new Map([
  ["auth/token/lookup-self", ["read"]],
  ["auth/token/renew-self", ["update"]],
]);
const DATA = ["create", "read", "update"];

export const userPolicyPaths: ResourceValidationPolicy = {
  name: "user-policy-paths",
  description: "A user's policy names exactly one user's paths: no wildcard, no list, no delete.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, props, name }, reportViolation) => {
    if (type !== "vault:index/policy:Policy") return;
    const rules = [...String(props["policy"]).matchAll(/^path\s+"([^"]*)"\s*\{([^}]*)\}/gm)];
    const policy = String(props["name"]);
    const user = /^claude-[a-z][a-z0-9]*-(.+)$/.exec(policy)?.[1];
    if (user === undefined) {
      reportViolation(
        `${name}: "${policy}" is not claude-<fleet>-<user>, so no token role of a fleet may hand it out.`,
      );
      return;
    }
    if (rules.length === 0)
      reportViolation(`${name}: the policy allows nothing, so the user cannot be backed up.`);
    for (const [, path = "", body = ""] of rules) {
      const capabilities = [...body.matchAll(/"([a-z]+)"/g)].map(([, word = ""]) => word).sort();
      if (/[*+]/.test(path)) {
        reportViolation(
          `${name}: "${path}" has a wildcard, which opens other users' logins too; name one path.`,
        );
      } else if (!allowed(path, user).some((wanted) => wanted.join() === capabilities.join())) {
        reportViolation(
          `${name}: "${path}" with [${capabilities.join(", ")}] is not ${user}'s own entry with [${DATA.join(", ")}] or its metadata with [read]; anything more lets one user read or destroy a login.`,
        );
      }
    }
  },
};

/** Capability lists, sorted, that a path may have in the policy of `user`. */
function allowed(path: string, user: string): readonly (readonly string[])[] {
  const own = OWN_TOKEN.get(path);
  if (own !== undefined) return [own];
  if (!path.endsWith(`/${user}`)) return [];
  if (/^[^/].*?\/data\//.test(path)) return [DATA];
  if (/^[^/].*?\/metadata\//.test(path)) return [["read"]];
  return [];
}
