/** What is said about the files for Prometheus, Loki and Grafana. */
import { z } from "zod";
import { PROTOCOL, type HostFile, text, fileObservation, mark } from "./shared.ts";

/** Files for Prometheus, Loki and Grafana, all in one folder. */
export interface RulesPlan {
  readonly protocol: number;
  readonly directory: string;
  readonly files: readonly HostFile[];
}

/** How the rules are on the host of Prometheus. */
export const rulesObservation = z.strictObject({
  protocol: z.literal(PROTOCOL),
  /** How often they were placed; 0: never. */
  generation: z.number().int().nonnegative(),
  mark,
  files: z.array(fileObservation).max(20),
});
export type RulesObservation = z.infer<typeof rulesObservation>;

/** What `place-rules` and `remove-rules` did. */
export const rulesResult = z.strictObject({
  generation: z.number().int().nonnegative(),
  changed: z.array(text(4096)).max(30),
});
export type RulesResult = z.infer<typeof rulesResult>;
