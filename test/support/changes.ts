/** What differs between two values, by its place. */

/** Returns the paths at which two values differ, each with both values as JSON. */
export function changesOf(former: unknown, today: unknown, at = ""): readonly string[] {
  if (isObject(former) && isObject(today)) {
    const keys = [...new Set([...Object.keys(former), ...Object.keys(today)])].sort();
    return keys.flatMap((key) => changesOf(former[key], today[key], at === "" ? key : `${at}.${key}`));
  }
  const [before, after] = [JSON.stringify(former), JSON.stringify(today)];
  return before === after ? [] : [`${at}: ${before} -> ${after}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
