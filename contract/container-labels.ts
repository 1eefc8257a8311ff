/** The labels by which a fleet recognises its containers. Containers and states hold them, so they keep their names. */
export const LABELS = {
  fleet: "claude-fleet.fleet",
  token: "claude-fleet.token",
  service: "claude-fleet.service",
  /** SHA-256 of the token file that a rollout gave to the container. */
  sha256: "claude-fleet.sha256",
  /** Digest of settings that Docker fills in when they are missing; see plan/digests.ts. */
  definition: "claude-fleet.definition",
} as const;

/** Returns labels with these values. */
export function labelsWith<T>(values: Partial<Record<keyof typeof LABELS, T>>): Readonly<Record<string, T>> {
  const names: Readonly<Record<string, string>> = LABELS;
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [names[key] ?? key, value]));
}
