/** Nothing that looks like a live credential may be an input: inputs are kept in the state and shown in diffs. */
import { resourceRule } from "../resource-rule.ts";
import { looksSecret } from "../../lib/looks-secret.ts";

export const noSecretInInputs = resourceRule({
  name: "no-secret-in-inputs",
  description: "No token, API key or OAuth object is an input of any resource.",
  check: ({ props }) =>
    secretPlaces(props, []).map(
      (place) =>
        `${place} holds what looks like a live credential. It would lie in the state, readable by everyone who can read that; hand it over on standard input or in a file 0600 on its host.`,
    ),
});

/** Where in a resource's inputs a text or a key looks like a credential, as property paths. */
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
