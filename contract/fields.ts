/** Fields and shapes that several messages share, each with its limits. */
import { isAbsolute, normalize } from "node:path";
import * as z from "zod";

/** Raised when either side's messages change in a way that the other cannot read. */
export const PROTOCOL = 1;
export const protocol = z.literal<number>(PROTOCOL);

/** An object of a message: unknown keys are refused. */
export const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape).readonly();

/** A list of at most `max` items: an answer must not fill the reader's memory. */
export const list = <Item extends z.core.SomeType>(item: Item, max: number) =>
  z.array(item).max(max).readonly();

/** A text of at most `max` characters. */
export const text = (max: number) => z.string().max(max);

/** A digest in lower-case hexadecimal. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The first 16 hexadecimal digits of a token's SHA-256. */
export const fingerprint = z.string().regex(/^[0-9a-f]{16}$/);

/** The boot fingerprint of a host's record: see host/boot-fingerprint.ts. */
export const bootFingerprint = z.string().regex(/^[0-9a-f]{8}$/);

/** Seconds, at most ten years. */
export const seconds = z.number().nonnegative().max(315_360_000);

/** Seconds, at most a day. */
export const secondsOfDay = z.number().nonnegative().max(86_400);

/** Milliseconds since the epoch. */
export const moment = z.number().int().nonnegative();

export const fleetName = z.string().regex(/^[a-z][a-z0-9]{0,62}$/);

/** An OS user's name that is safe in a path, a unit's name and an argv. */
export const userName = z.string().regex(/^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.-]{0,31}$/);

export const tokenName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/);

export const containerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/);

export const composeName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/);

export const variableName = z.string().regex(/^[A-Za-z_]\w{0,127}$/);

/** A command's words. */
export const command = z.array(text(10_000)).min(1).max(100).readonly();

export const absolutePath = z
  .string()
  .max(4096)
  .refine(
    (path) => isAbsolute(path) && normalize(path) === path && !path.includes("\0"),
    "not a plain absolute path",
  );

/** A file that the fleet owns on a host. `mode` is octal text, such as `"0644"`. */
export const hostFile = object({
  path: absolutePath,
  mode: z.string().regex(/^0[0-7]{3}$/),
  content: z.string(),
});
export type HostFile = z.infer<typeof hostFile>;

/** A file that was asked for; null where no regular file lies. */
export const fileObservation = z.strictObject({
  path: text(4096),
  sha256: sha256.nullable(),
  mode: text(5).nullable(),
  /** Whether a file lies there that no claude-fleet has written. */
  foreign: z.boolean(),
});
