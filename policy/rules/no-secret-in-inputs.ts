/** Nothing that looks like a live credential may be an input: inputs are kept in the state and shown in diffs. */
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { looksSecret } from "../../plan/show.ts";

export const noSecretInInputs: ResourceValidationPolicy = {
  name: "no-secret-in-inputs",
  description: "No token, API key or OAuth object is an input of any resource.",
  enforcementLevel: "mandatory",
  validateResource: ({ props, name }, reportViolation) => {
    for (const place of secretPlaces(props, "")) {
      reportViolation(
        `${name}: ${place} holds what looks like a live credential. It would lie in the state, readable by everyone who can read that; hand it over on standard input or in a file 0600 on its host.`,
      );
    }
  },
};

/** Where in a resource's inputs a text looks like a credential, as property paths. */
function secretPlaces(value: unknown, place: string): string[] {
  if (typeof value === "string") return looksSecret(value) ? [place] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, entry]) => [
    ...(looksSecret(key) ? [place] : []),
    ...secretPlaces(entry, place === "" ? key : `${place}.${key}`),
  ]);
}
