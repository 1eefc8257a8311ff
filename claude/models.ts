/** The models that proofs ask: the cheapest one. */

/** The cheapest model by the name that each probe needs. `haiku` is a word of the CLI, which the API does not know. */
export const CHEAPEST_MODEL = { cli: "haiku", https: "claude-haiku-4-5" } as const;
