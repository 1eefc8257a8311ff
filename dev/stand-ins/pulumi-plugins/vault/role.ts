// vault:tokenauth/authBackendRole:AuthBackendRole on the server.
import type { ServerOperations } from "../provider/terraform.ts";
import type { Properties, Value } from "../provider/value.ts";
import { asJson } from "./connection.ts";
import type { Connection, Json } from "./connection.ts";
import { numberOf, textOf, textsOf, valueOf } from "../provider/properties.ts";

const PREFIX = "auth/token/roles/";

/** Pulumi's name for each field that the server keeps. */
const FIELDS: Readonly<Record<string, string>> = {
  allowedPolicies: "allowed_policies",
  allowedPoliciesGlobs: "allowed_policies_glob",
  disallowedPolicies: "disallowed_policies",
  disallowedPoliciesGlobs: "disallowed_policies_glob",
  allowedEntityAliases: "allowed_entity_aliases",
  orphan: "orphan",
  renewable: "renewable",
  pathSuffix: "path_suffix",
  tokenType: "token_type",
  tokenNoDefaultPolicy: "token_no_default_policy",
  tokenPeriod: "token_period",
  tokenTtl: "token_ttl",
  tokenMaxTtl: "token_max_ttl",
  tokenExplicitMaxTtl: "token_explicit_max_ttl",
  tokenNumUses: "token_num_uses",
  tokenPolicies: "token_policies",
  tokenBoundCidrs: "token_bound_cidrs",
};

/** https://github.com/hashicorp/terraform-provider-vault/blob/v5.8.0/vault/resource_token_auth_backend_role.go */
export function roleOperations(vault: Connection): ServerOperations {
  const write = async (path: string, planned: Properties) => {
    await vault.write(path, roleBody(planned), textOf(planned, "namespace"));
    return path;
  };
  return {
    create: (_operation, planned) =>
      write(PREFIX + textOf(planned, "roleName").replace(/^\/+|\/+$/g, ""), planned),
    update: (_operation, id, planned) => write(id, planned),
    async read(_operation, id, state) {
      const answer = await vault.read(id, textOf(state, "namespace"));
      return answer === undefined ? undefined : roleProperties(id, asJson(answer["data"]), state);
    },
    async delete(_operation, id, state) {
      await vault.remove(id, textOf(state, "namespace"));
    },
  };
}

/** What is written: every field, an empty one too, but of period and TTL only the one that is set. */
function roleBody(planned: Properties): Json {
  const body: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(FIELDS)) body[field] = planned[name] ?? emptyOf(name);
  if (numberOf(planned, "tokenTtl") !== 0) delete body["token_period"];
  if (numberOf(planned, "tokenPeriod") !== 0) delete body["token_ttl"];
  return body;
}

function emptyOf(name: string): Value {
  if (/(Policies|Globs|Aliases|Cidrs)$/.test(name)) return [];
  if (/(Ttl|Period|Uses)$/.test(name)) return 0;
  return name === "tokenNoDefaultPolicy" ? false : "";
}

function roleProperties(id: string, data: Json, state: Properties): Properties {
  const found: Record<string, Value> = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    // Not every server answers every field: what is missing is empty.
    found[name] = valueOf(data[field] ?? null) ?? emptyOf(name);
  }
  const configured = new Set(textsOf(state, "tokenBoundCidrs"));
  const cidrs = textsOf(found, "tokenBoundCidrs").map((cidr) => withPrefix(cidr, configured));
  return { ...found, roleName: id.slice(PREFIX.length), tokenBoundCidrs: cidrs };
}

/** Vault drops the prefix of single addresses; it is put back unless it was configured without. */
function withPrefix(address: string, configured: ReadonlySet<string>): string {
  if (address.includes("/") || configured.has(address)) return address;
  return `${address}/${address.includes(":") ? "128" : "32"}`;
}
