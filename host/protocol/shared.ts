/** What messages of every kind share: their version, files, and fields with limits. */
import { z } from "zod";

/** Raised when either side's messages change in a way that the other cannot read. */
export const PROTOCOL = 1;

/** A file that the fleet owns on a workstation. `mode` is octal text, such as `"0644"`. */
export interface HostFile {
  readonly path: string;
  readonly mode: string;
  readonly content: string;
}

/** A text of at most `max` characters: a host's answer must not fill anybody's memory. */
export const text = (max: number) => z.string().max(max);

/** A digest in lower-case hexadecimal. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What tells two states of a host's memory apart; see memory-mark.ts. */
export const mark = z.string().regex(/^[0-9a-f]{8}$/);

/** A file that was asked for; null where no regular file lies. */
export const fileObservation = z.strictObject({
  path: text(4096),
  sha256: sha256.nullable(),
  mode: text(5).nullable(),
  /** Whether something lies there that no claude-fleet has written. */
  foreign: z.boolean(),
});
