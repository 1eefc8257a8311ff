/** Loads the plan from settings and roster, or reports every problem in them at once. */
import { isAbsolute, resolve } from "node:path";
import { isMapping } from "../lib/is-mapping.ts";
import { buildPlan } from "./build.ts";
import { checkPurges, checkTokens, checkUsers, checkWorkstations } from "./cross-checks.ts";
import { deepFreeze } from "../lib/deep-freeze.ts";
import type { FleetPlan } from "./model.ts";
import { PlanError } from "./problems.ts";
import { readRoster } from "./read-roster.ts";
import { readSettings } from "./read-settings.ts";

export { PlanError } from "./problems.ts";

/** A file that the caller has read. */
export interface SourceFile {
  /** The name that messages give the file. */
  readonly file: string;
  readonly text: string;
}

/** Everything that a plan is built from. */
export interface PlanSources {
  /** Parsed settings by their names, without `claude-fleet:`. Pulumi hands single values over as text. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The stack's file (`Pulumi.<stack>.yaml`). Without it, problems of settings have no line. */
  readonly settingsSource?: SourceFile | undefined;
  readonly roster: SourceFile;
  /** The CA that `vault.caFile` names. Undefined when the setting is empty or the file cannot be read. */
  readonly ca?: SourceFile | undefined;
  /** Absolute path of the folder that relative paths in the settings start from. */
  readonly projectFolder: string;
}

/** Returns the absolute paths of the files that the settings name. Where a setting is wrong, the path is the default. */
export function namedFiles(
  settings: Readonly<Record<string, unknown>>,
  projectFolder: string,
): { readonly roster: string; readonly ca: string | undefined } {
  const { roster = "roster.yaml", vault } = settings;
  const caFile = isMapping(vault) ? vault["caFile"] : undefined;
  return {
    roster: resolve(projectFolder, typeof roster === "string" ? roster : "roster.yaml"),
    ca: typeof caFile === "string" && caFile !== "" ? resolve(projectFolder, caFile) : undefined,
  };
}

/**
 * Returns the plan of the whole fleet: deeply frozen, sorted by name, and independent of the order of keys.
 * @throws PlanError with every problem of settings and roster, each with file, line and column
 */
export function loadPlan(sources: PlanSources): FleetPlan {
  if (!isAbsolute(sources.projectFolder)) throw new RangeError("projectFolder must be an absolute path.");
  const { settings, tokens, problems } = readSettings(sources.settings, sources.settingsSource);
  const roster = readRoster(sources.roster.file, sources.roster.text);
  checkWorkstations(roster.workstations, roster.problems);
  checkUsers(roster.users, roster.problems);
  checkTokens(tokens, problems);
  checkPurges(settings.renewal?.purgeBackupsOf ?? [], roster.users, problems);
  if (settings.vault?.caFile && !sources.ca?.text.includes("-----BEGIN CERTIFICATE-----")) {
    problems.add(["vault", "caFile"], {
      message: sources.ca ? "holds no PEM certificate" : "names a file that cannot be read",
      remedy: "Name the PEM file of the CA that signs Vault's certificate, or leave it empty.",
      value: settings.vault.caFile,
    });
  }
  const found = [...problems.problems, ...roster.problems.problems];
  if (found.length > 0) throw new PlanError(found);
  return deepFreeze(
    buildPlan({
      settings,
      tokens,
      ...roster,
      caPem: settings.vault?.caFile ? sources.ca?.text : undefined,
      projectFolder: sources.projectFolder,
    }),
  );
}
