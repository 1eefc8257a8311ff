/** Rosters for tests: the development one with changes, in a file of the test environment, so that none is edited. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { checkout } from "../../../dev/checkout.ts";
import { STACK } from "../../../dev/stack.ts";

/** A user's entry. */
export type RosterUser = Readonly<Record<string, unknown>>;

/** A roster as data. */
export interface Roster {
  readonly workstations: Readonly<Record<string, unknown>>;
  readonly users: Readonly<Record<string, RosterUser>>;
}

/** The committed roster of the environment. */
export async function committedRoster(): Promise<Roster> {
  return parse(await readFile(join(checkout.root, "dev/roster.yaml"), "utf8")) as Roster;
}

/** Everything below one setting, such as `renewal`, of the environment's settings. */
export async function committedSetting(name: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(join(checkout.root, `Pulumi.${STACK}.yaml`), "utf8");
  const { config } = parse(text) as { config: Readonly<Record<string, Record<string, unknown>>> };
  return config[`claude-fleet:${name}`] ?? {};
}

/** `roster` without these users. */
export function without(roster: Roster, ...users: readonly string[]): Roster {
  const kept = Object.entries(roster.users).filter(([name]) => !users.includes(name));
  return { ...roster, users: Object.fromEntries(kept) };
}

/** `roster` with these users, or with other entries of theirs. */
export function withUsers(roster: Roster, users: Readonly<Record<string, RosterUser>>): Roster {
  return { ...roster, users: { ...roster.users, ...users } };
}

/**
 * Writes a roster and settings that name it.
 * @param roster data, or the text of the file
 * @param settings other values under `claude-fleet:`, by key
 * @returns the settings file, for `pulumi --config-file`
 */
export async function settingsWith(
  roster: Roster | string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const folder = join(checkout.folder, "e2e");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const rosterFile = join(folder, "roster.yaml");
  await writeFile(rosterFile, typeof roster === "string" ? roster : stringify(roster));
  const stack = parse(await readFile(join(checkout.root, `Pulumi.${STACK}.yaml`), "utf8")) as {
    config: Record<string, unknown>;
  };
  const changed = Object.entries(settings).map(([key, value]) => [`claude-fleet:${key}`, value] as const);
  const config = {
    ...stack.config,
    "claude-fleet:roster": rosterFile,
    ...Object.fromEntries(changed),
  };
  const file = join(folder, `Pulumi.${STACK}.yaml`);
  // Settings that were made from one another share objects, which would become anchors: this project reads none.
  await writeFile(file, stringify({ ...stack, config }, { aliasDuplicateObjects: false }));
  return file;
}
