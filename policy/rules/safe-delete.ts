/** A command with a `delete` is replaced by deleting first: the other order would undo what was just made. */
import { resourceRule } from "../resource-rule.ts";

export const safeDelete = resourceRule({
  name: "safe-delete",
  description: "Every command that has a `delete` is replaced in the safe order.",
  types: ["command:local:Command", "command:remote:Command"],
  check: ({ props, opts }) =>
    props["delete"] === undefined || opts.deleteBeforeReplace === true
      ? []
      : [
          "the old command's delete would run after the new one's create and undo it, revoking tokens that were just delivered; set deleteBeforeReplace.",
        ],
});
