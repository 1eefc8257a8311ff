/** Refuses live credentials in inputs, because the state keeps inputs and diffs show them. */
import { resourceRule } from "../resource-rule.ts";
import { looksSecret } from "../../lib/looks-secret.ts";

export const noSecretInInputs = resourceRule({
  name: "no-secret-in-inputs",
  description: "No token, API key or OAuth object is an input of any resource.",
  check: ({ props }) =>
    secretPlaces(props, []).map(
      (place) =>
        `${place} holds what looks like a live credential. Everyone who can read the state could read it. Pass it on standard input, or keep it in a file of mode 0600 on its host.`,
    ),
});

/** Returns the property paths of texts and keys that look like a credential. */
function secretPlaces(value: unknown, path: readonly string[]): string[] {
  if (typeof value === "string") return looksSecret(value) ? [path.join(".")] : [];
  if (!isFilled(value)) return [];
  return Object.entries(value).flatMap(([key, entry]) => [
    ...(looksSecret(key) ? [`a key of ${path.join(".")}`] : []),
    ...secretPlaces(entry, [...path, key]),
  ]);
}

function isFilled(value: unknown): value is object {
  return Object(value) === value;
}
