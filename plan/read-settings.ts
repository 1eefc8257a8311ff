/** Reads the stack's settings, each on its own, so that one mistake hides no other. */
import type { z } from "zod";
import { readEntry, readMap, type Entries } from "./entries.ts";
import { ProblemList } from "./problems.ts";
import {
  IGNORED_SETTINGS,
  SETTINGS,
  SETTING_NAMES,
  token,
  type Settings,
  type TokenEntry,
} from "./schema/settings.ts";
import { tokenNameComplaint } from "./schema/names.ts";
import { refuseSecrets } from "./refuse-secrets.ts";
import { isMapping, unknownKey } from "./schema/kinds.ts";
import { keyProblem, parseYaml } from "./yaml-source.ts";

/** The project's name, which stands before each setting in the stack's file. */
export const PROJECT = "claude-fleet";

/** What was read; a setting that was refused is missing. */
export interface ReadSettings {
  readonly settings: Partial<Settings>;
  readonly tokens: Entries<TokenEntry>;
  readonly problems: ProblemList;
}

/**
 * @param values parsed settings by their names, without `claude-fleet:`
 * @param source the stack's file, for the places of problems; without it they have none
 */
export function readSettings(
  values: Readonly<Record<string, unknown>>,
  source: { readonly file: string; readonly text: string } | undefined,
): ReadSettings {
  const parsed = source && parseYaml(source.file, source.text);
  const problems = new ProblemList(
    source?.file ?? "settings",
    ([setting, ...rest], part) =>
      parsed?.problems.locate(
        setting === undefined ? ["config"] : ["config", `${PROJECT}:${setting}`, ...rest],
        part,
      ) ?? { line: undefined, column: undefined },
    `${PROJECT}:`,
  );
  problems.problems.push(...(parsed?.problems.problems ?? []));

  const given = plainSettings(values, [], problems) as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) {
    if (SETTING_NAMES.includes(name) || IGNORED_SETTINGS.includes(name)) continue;
    problems.add([name], { ...unknownKey(name, SETTING_NAMES, "is an unknown setting"), part: "key" });
  }
  const settings: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries<z.ZodType>(SETTINGS)) {
    const value = readEntry(schema, given[name], [name], problems);
    if (value !== undefined) settings[name] = value;
  }
  const tokens = readMap(given["tokens"] ?? {}, ["tokens"], token, problems, tokenNameComplaint);
  refuseSecrets(given, [], problems);
  return { settings: settings, tokens, problems };
}

/** The settings without `x-…` keys and prototypes; keys that mean something to JavaScript are problems. */
function plainSettings(value: unknown, path: (string | number)[], problems: ProblemList): unknown {
  if (Array.isArray(value))
    return value.map((entry, index) => plainSettings(entry, [...path, index], problems));
  if (!isMapping(value)) return value;
  const plain = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value)) {
    if (key.startsWith("x-") || keyProblem(key, path, problems)) continue;
    plain[key] = plainSettings(value[key], [...path, key], problems);
  }
  return plain;
}
