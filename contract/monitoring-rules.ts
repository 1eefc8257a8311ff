/** Messages about the files for Prometheus, Loki and Grafana. */
import { dirname } from "node:path";
import * as z from "zod";
import {
  absolutePath,
  fileObservation,
  hostFile,
  list,
  bootFingerprint,
  object,
  PROTOCOL,
  protocol,
  text,
} from "./fields.ts";

/** Files for Prometheus, Loki and Grafana, all in one folder. */
export const rulesPlan = object({
  protocol,
  directory: absolutePath,
  files: list(hostFile, 20),
})
  // A removal uses the same list, so it must not name a file outside of the folder.
  .refine(
    ({ directory, files }) => files.every(({ path }) => dirname(path) === directory),
    "a file outside of the folder",
  );
export type RulesPlan = z.infer<typeof rulesPlan>;

/** State of the files on the host of Prometheus. */
export const rulesObservation = z.strictObject({
  protocol: z.literal(PROTOCOL),
  /** How often the files were written; 0 for never. */
  generation: z.number().int().nonnegative(),
  mark: bootFingerprint,
  files: z.array(fileObservation).max(20),
});
export type RulesObservation = z.infer<typeof rulesObservation>;

/** The result of `rules` and `remove-rules`: the paths that changed. */
export const rulesResult = z.strictObject({
  generation: z.number().int().nonnegative(),
  changed: z.array(text(4096)).max(30),
});
