/** A secrets engine that goes takes everything in it along, whoever else keeps something there. */
import { resourceRule } from "../resource-rule.ts";

export const protectedMount = resourceRule({
  name: "protected-mount",
  description: "A mount that the stack declares is protected.",
  types: ["vault:index/mount:Mount"],
  check: ({ opts }) =>
    opts.protect
      ? []
      : [
          "a destroy, or a change of its path, would unmount the secrets engine and destroy every login and whatever else is in it; set protect.",
        ],
});
