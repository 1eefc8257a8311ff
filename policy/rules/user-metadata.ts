/** Taking a user out of the roster must not destroy their backups. */
import type { ResourceValidationPolicy } from "@pulumi/policy";

export const userMetadata: ResourceValidationPolicy = {
  name: "user-metadata",
  description: "KV metadata is declared with disableDelete.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, props, name }, reportViolation) => {
    if (type !== "vault:generic/endpoint:Endpoint") return;
    if (!/\/metadata\//.test(String(props["path"]))) return;
    if (props["disableDelete"] !== true) {
      reportViolation(
        `${name}: deleting KV metadata destroys every version of a user's login; set disableDelete.`,
      );
    }
  },
};
