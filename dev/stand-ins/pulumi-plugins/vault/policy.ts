// vault:index/policy:Policy on the server.
import type { ServerOperations } from "../provider/terraform.ts";
import { asJson } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { textOf } from "../provider/properties.ts";

/** https://github.com/hashicorp/terraform-provider-vault/blob/v5.8.0/vault/resource_policy.go */
export function policyOperations(vault: Connection): ServerOperations {
  const path = (name: string) => `sys/policies/acl/${name}`;
  return {
    async create(_operation, planned) {
      const name = textOf(planned, "name");
      await vault.write(path(name), { policy: textOf(planned, "policy") }, textOf(planned, "namespace"));
      return name;
    },
    async read(_operation, id, state) {
      const answer = await vault.read(path(id), textOf(state, "namespace"));
      const policy = asJson(answer?.["data"])["policy"];
      return { name: id, policy: typeof policy === "string" ? policy : "" };
    },
    async update(_operation, id, planned) {
      await vault.write(path(id), { policy: textOf(planned, "policy") }, textOf(planned, "namespace"));
      return id;
    },
    async delete(_operation, id, state) {
      await vault.remove(path(id), textOf(state, "namespace"));
    },
  };
}
