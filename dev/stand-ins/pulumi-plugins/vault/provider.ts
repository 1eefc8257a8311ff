// The Vault provider: its types, and how its arguments give a connection.
import { checkInputs } from "../provider/check.ts";
import type { ProviderDefinition } from "../provider/resource.ts";
import { terraformResource } from "../provider/terraform.ts";
import { Connection, readSettings } from "./connection.ts";
import { endpointOperations } from "./endpoint.ts";
import { mountOperations } from "./mount.ts";
import { policyOperations } from "./policy.ts";
import { roleOperations } from "./role.ts";
import { endpointTable, mountTable, policyTable, providerTable, roleTable } from "./table.ts";

/** Builds the provider; `env` is where addresses and tokens are looked for. */
export function vaultProvider(version: string, env: NodeJS.ProcessEnv): ProviderDefinition {
  return {
    name: "vault",
    version,
    checkConfig: (args) => checkInputs(providerTable, args),
    configure(args) {
      const vault = new Connection(readSettings(args, env));
      return {
        functions: {},
        resources: {
          [policyTable.type]: terraformResource(policyTable, policyOperations(vault)),
          [endpointTable.type]: terraformResource(endpointTable, endpointOperations(vault)),
          [roleTable.type]: terraformResource(roleTable, roleOperations(vault)),
          [mountTable.type]: terraformResource(mountTable, mountOperations(vault)),
        },
      };
    },
  };
}
