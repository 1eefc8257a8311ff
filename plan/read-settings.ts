/** Reads the stack's settings, each alone, so that a mistake in one hides no mistake elsewhere. */
import type { z } from "zod";
import { isMapping } from "../lib/is-mapping.ts";
import { readEntry, readMap, type Entries } from "./entries.ts";
import { ProblemList } from "./problems.ts";
import { refuseSecrets } from "./refuse-secrets.ts";
import { unknownKey } from "./schema/complaint.ts";
import {
  IGNORED_SETTINGS,
  settings as schema,
  type Settings,
  type TokenEntry,
} from "./schema/stack-settings.ts";
import { keyProblem, parseYaml } from "./yaml-source.ts";

/** The project's name, which stands before each setting in the stack's file. */
export const PROJECT = "claude-fleet";

/** What was read. A setting that was refused is missing. */
export interface ReadSettings {
  readonly settings: Partial<Settings>;
  readonly tokens: Entries<TokenEntry>;
  readonly problems: ProblemList;
}

/**
 * Reads the settings.
 * @param values parsed settings by their names, without `claude-fleet:`
 * @param source the stack's file, for the places of problems; without it, problems have no places
 */
export function readSettings(
  values: Readonly<Record<string, unknown>>,
  source: { readonly file: string; readonly text: string } | undefined,
): ReadSettings {
  const problems = problemsOf(source);
  const given = plainSettings(values, [], problems) as Readonly<Record<string, unknown>>;
  const { tokens, ...single } = schema.shape;
  const known = Object.keys(schema.shape);
  const accepted = [...known, ...IGNORED_SETTINGS];
  for (const name of Object.keys(given).filter((key) => !accepted.includes(key))) {
    problems.add([name], { ...unknownKey(name, known, "is an unknown setting"), part: "key" });
  }
  const settings: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<z.ZodType>(single)) {
    const value = readEntry(setting, given[name], [name], problems);
    if (value !== undefined) settings[name] = value;
  }
  const read = readMap(tokens.unwrap(), given["tokens"] ?? {}, ["tokens"], problems);
  refuseSecrets(given, [], problems);
  return { settings, tokens: read, problems };
}

/** Returns a list of problems that knows where each setting stands in the stack's file, with the file's syntax errors. */
function problemsOf(source: { readonly file: string; readonly text: string } | undefined): ProblemList {
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
  return problems;
}

/** Returns the settings without `x-…` keys and prototypes. Keys that have a meaning in JavaScript are problems. */
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
