// The environment in which `pulumi` runs on a development machine: its own home, state and passphrase, and no surprises.
import { delimiter } from "node:path";
import { pathToFileURL } from "node:url";
import { cliFolder } from "./plugins.ts";

/** Where Pulumi keeps its things; all absolute paths. */
export interface PulumiFolders {
  /** PULUMI_HOME: the CLI, the plugins, credentials of backends. */
  readonly home: string;
  /** The file backend's folder. Official and stand-in plugins each need their own. */
  readonly stateDir: string;
  /** A file (0600) with the passphrase that encrypts secrets in the state. */
  readonly passphraseFile: string;
}

/** The variables to add to a process's environment so that `pulumi` and `npx pulumi` use these folders. */
export function pulumiEnvironment({ home, stateDir, passphraseFile }: PulumiFolders): Record<string, string> {
  return {
    PATH: [cliFolder(home), process.env["PATH"] ?? ""].join(delimiter),
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: fileBackend(stateDir),
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Only what lies in this home is used, whatever else is on PATH.
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  };
}

/**
 * Returns the URL of a file backend in this folder. Without `metadata=skip` each write begins by emptying a sidecar file.
 * If pulumi is killed then, the state cannot be read until that file is removed ("failed to load checkpoint: EOF").
 * Source: https://pkg.go.dev/gocloud.dev/blob/fileblob
 */
export function fileBackend(folder: string): string {
  return `${pathToFileURL(folder).href}?metadata=skip`;
}
