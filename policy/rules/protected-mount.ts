/** Requires `protect` on a secrets engine, because its removal destroys everything in it, other owners' data included. */
import { resourceRule } from "../resource-rule.ts";

export const protectedMount = resourceRule({
  name: "protected-mount",
  description: "A mount that the stack declares is protected.",
  types: ["vault:index/mount:Mount"],
  check: ({ opts }) =>
    opts.protect
      ? []
      : [
          "A destroy, or a change of the path, would unmount the secrets engine and destroy every login and all else in it. Set protect.",
        ],
});
