/** The role that tokens are minted from gives no more than one user's rights, and tokens that outlive their maker. */
import type { ResourceValidationPolicy } from "@pulumi/policy";

export const tokenRole: ResourceValidationPolicy = {
  name: "token-role",
  description:
    "The token role is orphan, periodic, without the default policy, and hands out this fleet's policies only.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, props, name }, reportViolation) => {
    if (type !== "vault:tokenauth/authBackendRole:AuthBackendRole") return;
    const role = String(props["roleName"]);
    const globs = JSON.stringify(props["allowedPoliciesGlobs"] ?? []);
    // A refreshed role has an empty list where none was given.
    const named = JSON.stringify(props["allowedPolicies"] ?? []);
    if (globs !== JSON.stringify([`${role}-*`]) || named !== "[]") {
      reportViolation(
        `${name}: the role may hand out ${globs} and ${named}, not exactly ["${role}-*"], so whoever may use it could take another fleet's or an administrator's rights.`,
      );
    }
    if (props["orphan"] !== true) {
      reportViolation(`${name}: tokens would die with the operator's token that minted them; set orphan.`);
    }
    if (!(Number(props["tokenPeriod"]) > 0)) {
      reportViolation(`${name}: tokens would die for good at their maximum TTL; set tokenPeriod.`);
    }
    if (Number(props["tokenExplicitMaxTtl"] ?? 0) !== 0) {
      reportViolation(`${name}: an explicit maximum TTL kills periodic tokens too; leave it out.`);
    }
    if (props["tokenNoDefaultPolicy"] !== true) {
      reportViolation(
        `${name}: tokens would also have the default policy, which is more than one user's paths; set tokenNoDefaultPolicy.`,
      );
    }
  },
};
