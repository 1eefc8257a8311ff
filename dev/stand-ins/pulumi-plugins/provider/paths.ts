// Reads and writes the engine's property paths.
import type { Path } from "./value.ts";

/** Returns whether a change lies at or below one of the engine's property paths (`environment.NOTE`, `mounts[*].source`). */
export function isUnder(path: Path, ignored: readonly string[]): boolean {
  return ignored.some((text) => {
    const wanted = parsePath(text);
    return wanted.length <= path.length && wanted.every((key, i) => key === "*" || key === String(path[i]));
  });
}

/** Returns the engine's text for a path: `triggers[0]`, `environment.KEY`, `labels["a.b"]`. */
export function formatPath(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${String(key)}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}

function parsePath(text: string): string[] {
  const keys: string[] = [];
  for (const match of text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g)) {
    keys.push(match[1] ?? match[2] ?? match[3] ?? "");
  }
  return keys;
}
