/** Fields and schemas that several messages share. */
import { isAbsolute, normalize } from "node:path";
import * as z from "zod";

/** The protocol's version. It is raised when one side's messages change so that the other side cannot read them. */
export const PROTOCOL = 1;
export const protocol = z.literal<number>(PROTOCOL);

/** Returns the schema of an object that refuses unknown keys. */
export const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape).readonly();

/** Returns the schema of a list of at most `max` items. The limit protects the reader's memory. */
export const list = <Item extends z.core.SomeType>(item: Item, max: number) =>
  z.array(item).max(max).readonly();

/** Returns the schema of a text of at most `max` characters. */
export const text = (max: number) => z.string().max(max);

/** A SHA-256 in lower-case hexadecimal. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The first 16 hexadecimal digits of a token's SHA-256. */
export const fingerprint = z.string().regex(/^[0-9a-f]{16}$/);

/** The boot fingerprint of a record: see host/boot-fingerprint.ts. */
export const bootFingerprint = z.string().regex(/^[0-9a-f]{8}$/);

/** Seconds, at most ten years. */
export const seconds = z.number().nonnegative().max(315_360_000);

/** Seconds, at most a day. */
export const secondsOfDay = z.number().nonnegative().max(86_400);

/** Source: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const MOST_DATE_MS = 8.64e15;

/** A time in milliseconds since the epoch. */
export const moment = z.number().int().nonnegative().max(MOST_DATE_MS);

/** A time in milliseconds since the epoch, in the range of a `Date`, which throws beyond it. */
export const date = z.number().min(-MOST_DATE_MS).max(MOST_DATE_MS);

export const fleetName = z.string().regex(/^[a-z][a-z0-9]{0,62}$/);

/** The name of an OS user. It is safe in a path, in a unit's name and in an argument. */
export const userName = z.string().regex(/^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.-]{0,31}$/);

export const tokenName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/);

export const containerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/);

export const composeName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/);

export const variableName = z.string().regex(/^[A-Za-z_]\w{0,127}$/);

/** The words of a command line. */
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

/** State of a requested file; null where no regular file lies. */
export const fileObservation = z.strictObject({
  path: text(4096),
  sha256: sha256.nullable(),
  mode: text(5).nullable(),
  /** Whether a file lies there that claude-fleet did not write. */
  foreign: z.boolean(),
});
