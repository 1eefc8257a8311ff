// The stand-in for the plugin pulumi-resource-command 1.2.1.
import manifest from "@pulumi/command/package.json" with { type: "json" };
import { checkInputs } from "../provider/check.ts";
import { serveProvider } from "../provider/serve.ts";
import { commandResource, runFunction } from "./command.ts";
import { isRunning } from "./run.ts";
import { providerTable } from "./table.ts";

await serveProvider(
  {
    name: "command",
    version: manifest.version,
    checkConfig: (args) => checkInputs(providerTable, args),
    configure: () => ({
      resources: { "command:local:Command": commandResource },
      functions: { "command:local:run": runFunction },
    }),
  },
  isRunning,
);
