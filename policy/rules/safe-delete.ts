/** Requires that a command with a `delete` is replaced by deleting first. The other order undoes the new command's work. */
import { resourceRule } from "../resource-rule.ts";

export const safeDelete = resourceRule({
  name: "safe-delete",
  description: "Every command that has a `delete` is deleted before it is created again.",
  types: ["command:local:Command", "command:remote:Command"],
  check: ({ props, opts }) =>
    props["delete"] === undefined || opts.deleteBeforeReplace === true
      ? []
      : [
          "The old command's delete would run after the new one's create. It would undo it and revoke tokens that were just delivered. Set deleteBeforeReplace.",
        ],
});
