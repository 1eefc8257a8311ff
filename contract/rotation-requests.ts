/** Shapes of the requests of rotation-protocol.ts, as they arrive on the host program's standard input. */
import { z } from "zod";
import { absolutePath, hostToken, observedService } from "./request-parts.ts";

const variable = z.strictObject({ file: absolutePath, variable: z.string().regex(/^[A-Za-z_]\w{0,127}$/) });
const environment = z.strictObject({
  file: absolutePath,
  variables: z
    .array(z.string().regex(/^[A-Za-z_]\w{0,127}$/))
    .min(1)
    .max(10),
});
const markers = z.array(z.string().min(3).max(200)).max(20);
const command = z.array(z.string().max(10_000)).min(1).max(100);
const id = z.string().regex(/^[0-9a-z-]{8,64}$/);

const question = z
  .strictObject({
    token: hostToken,
    services: z.array(observedService).max(100),
    gateway: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }),
        model: z.string().max(200),
        key: variable,
      })
      .optional(),
    fallbackKey: variable.optional(),
    environment: environment.optional(),
    logs: z.strictObject({
      windowSeconds: z.number().positive().max(86_400),
      noise: markers,
      refused: markers,
      fallback: markers,
      subscription: markers,
    }),
    failedTasks: command.optional(),
    former: z.boolean(),
  })
  .transform((value) => ({
    ...value,
    gateway: value.gateway,
    fallbackKey: value.fallbackKey,
    environment: value.environment,
    failedTasks: value.failedTasks,
  }));

/** One shape for each action. */
export const rotationRequests = [
  z.strictObject({ action: z.literal("diagnose-token"), question }),
  z
    .strictObject({
      action: z.literal("rotation-state"),
      token: hostToken,
      services: z.array(observedService).max(100),
      environment: environment.optional(),
    })
    .transform((value) => ({ ...value, environment: value.environment })),
  z.strictObject({
    action: z.literal("rotation-lock"),
    token: hostToken,
    owner: z.strictObject({ id, by: z.string().min(1).max(200) }),
    takeOver: z.boolean(),
  }),
  z.strictObject({ action: z.literal("rotation-unlock"), token: hostToken, id }),
  z.strictObject({
    action: z.literal("deliver-token"),
    token: hostToken,
    id,
    content: z
      .string()
      .min(2)
      .max(1024 * 1024),
  }),
  z.strictObject({ action: z.literal("sync-environment"), token: hostToken, id, environment }),
  z.strictObject({ action: z.literal("run-task"), command }),
] as const;
