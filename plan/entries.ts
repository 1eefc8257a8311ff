/** Reads maps of named entries, each entry on its own. */
import type { z } from "zod";
import type { Path, ProblemList } from "./problems.ts";
import { isMapping, type Complaint } from "./schema/kinds.ts";

/** One entry of a map. */
export interface Entry<T> {
  readonly name: string;
  /** As it stands in the file. */
  readonly raw: unknown;
  /** Undefined when it was refused; the problems say why. */
  readonly value: T | undefined;
}

/** The entries of a map, sorted by nothing: in the file's order. */
export type Entries<T> = readonly Entry<T>[];

/** Reads one value; what is wrong goes into `problems`, and undefined is returned. */
export function readEntry<T>(
  schema: z.ZodType<T>,
  value: unknown,
  path: Path,
  problems: ProblemList,
): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const params = issue.code === "custom" ? (issue.params ?? {}) : {};
    const at = issue.path.filter((step) => typeof step !== "symbol");
    const part = params["part"] === "key" ? "key" : "value";
    problems.add([...path, ...at], {
      part,
      message: issue.message,
      remedy: typeof params["remedy"] === "string" ? params["remedy"] : "Mend the value.",
      value: part === "key" ? undefined : valueAt(value, at),
    });
  }
  return undefined;
}

/** Reads a map of entries by name; `nameComplaint` judges the names. */
export function readMap<T>(
  value: unknown,
  path: Path,
  schema: z.ZodType<T>,
  problems: ProblemList,
  nameComplaint: (name: string) => Complaint | undefined,
): Entries<T> {
  if (!isMapping(value)) {
    const message = value === undefined || value === null ? "is missing or empty" : "must be a map of names";
    problems.add(path, {
      message,
      remedy: "Write one entry a name, or {} for none.",
      value: value ?? undefined,
    });
    return [];
  }
  return Object.keys(value).map((name) => {
    const at = [...path, name];
    const complaint = nameComplaint(name);
    if (complaint) problems.add(at, { ...complaint, part: "key", value: name });
    return { name, raw: value[name], value: readEntry(schema, value[name], at, problems) };
  });
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current ?? undefined;
}
