// The properties of the command provider's types, as in pulumi-command 1.2.1.
import { any, boolean, list, map, string } from "../provider/table.ts";
import type { Property, Table } from "../provider/table.ts";

const SOURCE = "https://github.com/pulumi/pulumi-command/blob/v1.2.1/provider/pkg/provider";

/** What a resource and a function have in common (local/base.go); `assetPaths` and `archivePaths` are not had here. */
const base: Readonly<Record<string, Property>> = {
  stdin: { shape: string, read: "kept" },
  logging: { shape: string, read: "kept" },
  interpreter: { shape: list(string), read: "kept" },
  dir: { shape: string, read: "kept" },
  environment: { shape: map(string), read: "kept" },
  addPreviousOutputInEnv: { shape: boolean, read: "kept" },
};

const outputs: Readonly<Record<string, Property>> = {
  stdout: { shape: string, read: "kept", outputOnly: true },
  stderr: { shape: string, read: "kept", outputOnly: true },
};

/**
 * A command with a lifecycle. Every input that changes runs `update`, else `create`, again. `triggers` replaces:
 * the provider says so for the whole list, and the SDK adds `replaceOnChanges: ["triggers[*]"]` for its elements.
 */
export const commandTable: Table = {
  type: "command:local:Command",
  source: `${SOURCE}/local/commandController.go`,
  properties: {
    create: { shape: string, read: "kept" },
    update: { shape: string, read: "kept" },
    delete: { shape: string, read: "kept" },
    triggers: { shape: list(any), read: "kept", replaces: true },
    ...base,
    ...outputs,
  },
};

/** A command that is run by each preview and each update. */
export const runTable: Table = {
  type: "command:local:run",
  source: `${SOURCE}/local/runController.go`,
  properties: { command: { shape: string, required: true, read: "kept" }, ...base, ...outputs },
};

/** The provider itself takes nothing. */
export const providerTable: Table = {
  type: "pulumi:providers:command",
  source: `${SOURCE}/provider.go`,
  properties: {},
};

/** Not a property: how many hex digits the official provider puts behind a command's name to make its id. */
export const ID_DIGITS = 8;
