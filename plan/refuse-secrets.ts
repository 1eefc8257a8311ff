/** Refuses secrets in roster and settings, whose content ends in the state, in units and in command lines. */
import { isMapping } from "../lib/is-mapping.ts";
import type { Path, ProblemList } from "./problems.ts";
import { looksSecret } from "../lib/looks-secret.ts";

const COMPLAINT = {
  message: "looks like a secret, and would be readable in the state",
  remedy: "Remove it. Keep the secret in a file on the host that uses it, and name that file here.",
};

/**
 * Adds a problem for each text and each key that has the shape of a secret, unless that place has a problem already.
 * @param value the data as it was read
 * @param path where that data is in its file
 */
export function refuseSecrets(value: unknown, path: Path, problems: ProblemList): void {
  const refuse = (where: Path, part: "key" | "value", text: string) => {
    if (!problems.has(where)) problems.add(where, { ...COMPLAINT, part, value: text });
  };
  const walk = (node: unknown, where: Path): void => {
    if (typeof node === "string" && looksSecret(node)) refuse(where, "value", node);
    else if (Array.isArray(node)) node.forEach((entry, index) => walk(entry, [...where, index]));
    else if (isMapping(node))
      for (const [key, entry] of Object.entries(node)) {
        if (looksSecret(key)) refuse([...where, key], "key", key);
        walk(entry, [...where, key]);
      }
  };
  walk(value, path);
}
