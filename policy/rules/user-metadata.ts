/** Requires that a user who leaves the roster keeps their backups. */
import { resourceRule } from "../resource-rule.ts";

export const userMetadata = resourceRule({
  name: "user-metadata",
  description: "KV metadata is declared with disableDelete.",
  types: ["vault:generic/endpoint:Endpoint"],
  check: ({ props }) =>
    !/\/metadata\//.test(String(props["path"])) || props["disableDelete"] === true
      ? []
      : ["Deleting KV metadata destroys every version of a user's login. Set disableDelete."],
});
