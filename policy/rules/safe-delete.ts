/** A command with a `delete` is replaced by deleting first: the other order would undo what was just made. */
import type { ResourceValidationPolicy } from "@pulumi/policy";

export const safeDelete: ResourceValidationPolicy = {
  name: "safe-delete",
  description: "Every command that has a `delete` is replaced in the safe order.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, props, opts, name }, reportViolation) => {
    if (type !== "command:local:Command" || props["delete"] === undefined) return;
    if (opts.deleteBeforeReplace !== true) {
      reportViolation(
        `${name}: the old command's delete would run after the new one's create and undo it, revoking tokens that were just delivered; set deleteBeforeReplace.`,
      );
    }
  },
};
