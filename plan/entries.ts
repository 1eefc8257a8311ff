/** Reads maps of named entries, each entry on its own. */
import type { z } from "zod";
import { isMapping } from "../lib/is-mapping.ts";
import type { Path, ProblemList } from "./problems.ts";
import { complaintsOf } from "./schema/complaint.ts";

interface Entry<T> {
  readonly name: string;
  /** As the file has it. */
  readonly raw: unknown;
  /** Undefined when it was refused; the problems say why. */
  readonly value: T | undefined;
}

/** The entries of a map, in the file's order. */
export type Entries<T> = readonly Entry<T>[];

/** Reads one value. Adds what is wrong to `problems`, and returns undefined then. */
export function readEntry<T>(
  schema: z.ZodType<T>,
  value: unknown,
  path: Path,
  problems: ProblemList,
): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const { path: below, part, message, remedy } of complaintsOf(result.error.issues)) {
    const wrong = part === "key" ? undefined : valueAt(value, below);
    problems.add([...path, ...below], { part, message, remedy, value: wrong });
  }
  return undefined;
}

/** Reads a map of entries by name. */
export function readMap<T>(
  { keyType, valueType }: z.ZodRecord<z.ZodString, z.ZodType<T>>,
  value: unknown,
  path: Path,
  problems: ProblemList,
): Entries<T> {
  if (!isMapping(value)) {
    problems.add(path, {
      message: value === undefined || value === null ? "is missing or empty" : "must be a map of names",
      remedy: "Write one entry for each name, or {} for none.",
      value: value ?? undefined,
    });
    return [];
  }
  return Object.keys(value).map((name) => {
    const at = [...path, name];
    checkName(keyType, name, at, problems);
    return { name, raw: value[name], value: readEntry(valueType, value[name], at, problems) };
  });
}

/** Adds to `problems` what is wrong with the last step of `path`, which is a name that the file's writer chose. */
export function checkName(schema: z.ZodString, name: string, path: Path, problems: ProblemList): void {
  const result = schema.safeParse(name);
  for (const { message, remedy } of complaintsOf(result.error?.issues ?? [])) {
    problems.add(path, { message, remedy, part: "key", value: name });
  }
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current ?? undefined;
}
