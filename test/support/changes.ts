/** What differs between two values, by its place. */

/** Returns the paths at which two values differ, each with both values as JSON. Files of two lists are told apart by path. */
export function changesOf(former: unknown, today: unknown, at = ""): readonly string[] {
  if (isListOfFiles(former) && isListOfFiles(today)) return changesOf(byPath(former), byPath(today), at);
  if (isObject(former) && isObject(today)) {
    const keys = [...new Set([...Object.keys(former), ...Object.keys(today)])].sort();
    return keys.flatMap((key) => changesOf(former[key], today[key], at === "" ? key : `${at}.${key}`));
  }
  const [before, after] = [JSON.stringify(former), JSON.stringify(today)];
  return before === after ? [] : [`${at}: ${before} -> ${after}`];
}

type Files = readonly { readonly path: string }[];

function isListOfFiles(value: unknown): value is Files {
  return Array.isArray(value) && value.every((one) => isObject(one) && typeof one["path"] === "string");
}

function byPath(files: Files): Readonly<Record<string, unknown>> {
  return Object.fromEntries(files.map((file) => [file.path, file]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
