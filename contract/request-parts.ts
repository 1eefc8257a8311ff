/** Shapes that several requests have in common. */
import { isAbsolute, normalize } from "node:path";
import { z } from "zod";
import { PROTOCOL } from "./fields.ts";

export const fleetName = z.string().regex(/^[a-z][a-z0-9]{0,62}$/);

export const absolutePath = z
  .string()
  .max(4096)
  .refine(
    (path) => isAbsolute(path) && normalize(path) === path && !path.includes("\0"),
    "not a plain absolute path",
  );

export const protocol = z.literal(PROTOCOL);

export const tokenName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/);

export const hostToken = z.strictObject({
  protocol,
  fleet: fleetName,
  name: tokenName,
  file: absolutePath,
  uids: z.array(z.number().int().nonnegative().max(4_294_967_294)).min(1).max(100),
  gate: z
    .strictObject({
      probe: z.enum(["cli", "https"]),
      allowRefreshToken: z.boolean(),
      apiUrl: z.url({ protocol: /^https?$/ }),
      claude: absolutePath.optional(),
      model: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:[\]-]{0,199}$/),
    })
    .transform((gate) => ({ ...gate, claude: gate.claude })),
});

export const containerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/);

export const composeName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/);

export const observedService = z.strictObject({
  name: composeName,
  container: containerName,
  target: absolutePath,
  uid: z.number().int().nonnegative(),
});
