// The Docker provider: its one type, and how its arguments give an engine.
import { checkInputs } from "../provider/check.ts";
import type { ProviderDefinition } from "../provider/resource.ts";
import { terraformResource } from "../provider/terraform.ts";
import { connect, readAddress } from "./connect.ts";
import { containerOperations } from "./container.ts";
import { containerTable, providerTable } from "./table.ts";

/** Builds the provider; `env` is where the engine's address is looked for. */
export function dockerProvider(version: string, env: NodeJS.ProcessEnv): ProviderDefinition {
  return {
    name: "docker",
    version,
    checkConfig: (args) => checkInputs(providerTable, args),
    configure(args) {
      const address = readAddress(args, env);
      const operations = containerOperations(connect(address), address.host);
      return {
        functions: {},
        resources: { [containerTable.type]: terraformResource(containerTable, operations) },
      };
    },
  };
}
