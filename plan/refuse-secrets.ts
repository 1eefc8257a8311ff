/** Refuses what looks like a secret in the user's files: all that they say ends in the state, in units and in command lines. */
import { isMapping } from "../lib/is-mapping.ts";
import type { Path, ProblemList } from "./problems.ts";
import { looksSecret } from "../lib/looks-secret.ts";

const COMPLAINT = {
  message: "looks like a secret, and would lie open in the state",
  remedy: "Remove it: a secret lies in a file on the host that uses it, and that file is named here.",
};

/**
 * Adds a problem for each text, and each key, that has the shape of a secret; not where something else is wrong already.
 * @param value as it was read
 * @param path of that value in its file
 */
export function refuseSecrets(value: unknown, path: Path, problems: ProblemList): void {
  const refuse = (where: Path, part: "key" | "value", text: string) => {
    if (!problems.has(where)) problems.add(where, { ...COMPLAINT, part, value: text });
  };
  const walk = (one: unknown, where: Path): void => {
    if (typeof one === "string" && looksSecret(one)) refuse(where, "value", one);
    else if (Array.isArray(one)) one.forEach((entry, index) => walk(entry, [...where, index]));
    else if (isMapping(one))
      for (const [key, entry] of Object.entries(one)) {
        if (looksSecret(key)) refuse([...where, key], "key", key);
        walk(entry, [...where, key]);
      }
  };
  walk(value, path);
}
