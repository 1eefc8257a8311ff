/** Checks what arrives on the host program's standard input, and the plan that it finds recorded on the disk. */
import { dirname } from "node:path";
import { z } from "zod";
import { ExpectedError } from "../lib/expected-error.ts";
import { DEFAULT_WAITS } from "../plan/waits.ts";
import type { HostPlan } from "./protocol/workstation.ts";
import type { HostRequest } from "./protocol/conversation.ts";
import {
  absolutePath,
  composeName,
  containerName,
  fleetName,
  hostToken,
  observedService,
  protocol,
  tokenName,
} from "./request-parts.ts";
import { rotationRequests } from "./rotation-requests.ts";

/** An OS user's name that is safe in a path, a unit's name and an argv. */
const userName = z.string().regex(/^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.-]{0,31}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const hostUser = z
  .strictObject({
    name: userName,
    email: z.string().max(320),
    organization: z.string().max(100).optional(),
    renewal: z.boolean(),
    formerly: userName.optional(),
    claude: absolutePath.optional(),
    policy: z.string().min(1).max(200),
    dataPath: z.string().min(1).max(1000),
    metadataPath: z.string().min(1).max(1000),
  })
  .transform((user) => ({
    ...user,
    organization: user.organization,
    formerly: user.formerly,
    claude: user.claude,
  }));

const seconds = z.number().nonnegative().max(315_360_000);
const waits = z.strictObject({
  rereadSeconds: seconds,
  blankRereadSeconds: seconds,
  deadRereadSeconds: seconds,
  lockRetrySeconds: seconds,
  lockStealSeconds: seconds,
  refreshFailingSeconds: seconds,
  transientSeconds: seconds,
  unprovenSeconds: seconds,
  backupRetrySeconds: seconds,
});

const hostFile = z.strictObject({
  path: absolutePath,
  mode: z.string().regex(/^0[0-7]{3}$/),
  content: z.string(),
});

const hostPlan = z.strictObject({
  protocol,
  fleet: fleetName,
  host: z.string().min(1).max(200),
  program: z.strictObject({ version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,99}$/), sha256 }),
  vault: z
    .strictObject({
      address: z.string().max(2000),
      namespace: z.string().max(500),
      caPem: z.string().max(1_000_000).optional(),
      role: z.string().min(1).max(200),
      tokenPeriodSeconds: z.number().int().positive(),
      // A plan that an earlier version has recorded knows neither.
      tokenBoundCidrs: z.array(z.string().max(64)).max(1000).default([]),
      rotateTokensAfterSeconds: seconds.optional(),
    })
    .transform((vault) => ({
      ...vault,
      caPem: vault.caPem,
      rotateTokensAfterSeconds: vault.rotateTokensAfterSeconds,
    })),
  renewal: z.strictObject({
    everySeconds: z.number().positive(),
    minClaudeVersion: z.string().max(100),
    claudeWaitSeconds: z.number().positive(),
    adopt: z.boolean(),
    waits: waits.default(DEFAULT_WAITS),
  }),
  files: z.array(hostFile).max(5000),
  users: z.array(hostUser).max(10_000),
});

const containerOwner = z.strictObject({
  protocol,
  container: containerName,
  fleet: fleetName,
  token: z.string().min(1).max(200),
  service: z.string().min(1).max(200),
  gracePeriodSeconds: z.number().nonnegative().max(86_400),
});

const compose = z
  .strictObject({
    file: absolutePath,
    directory: absolutePath,
    recreate: z.array(z.string().max(10_000)).min(1).max(1000).optional(),
  })
  .transform((value) => ({ ...value, recreate: value.recreate }));

const containerCheck = z.strictObject({
  protocol,
  container: containerName,
  source: absolutePath,
  target: absolutePath,
  sha256,
  healthTimeoutSeconds: z.number().positive().max(86_400),
});

const recreation = z.strictObject({
  protocol,
  fleet: fleetName,
  token: tokenName,
  file: absolutePath,
  service: composeName,
  compose,
  gracePeriodSeconds: z.number().nonnegative().max(86_400),
  check: containerCheck,
});

const staleQuestion = z.strictObject({
  token: hostToken,
  sha256,
  containers: z.array(containerName).max(100),
  then: z.enum(["list", "wait", "stop"]),
  waitSeconds: z.number().nonnegative().max(86_400),
  gracePeriodSeconds: z.number().nonnegative().max(86_400),
});

const userTarget = z.strictObject({ protocol, fleet: fleetName, user: userName });

const rules = z
  .strictObject({ protocol, directory: absolutePath, files: z.array(hostFile).max(20) })
  // Removing goes by the same list: nothing outside of the folder may be on it.
  .refine(
    ({ directory, files }) => files.every(({ path }) => dirname(path) === directory),
    "a file outside of the folder",
  );

const maxChanges = z.number().int().nonnegative();

const request = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("observe-workstation"), plan: hostPlan }),
  z.strictObject({ action: z.literal("retire"), plan: hostPlan, maxChanges }),
  z.strictObject({ action: z.literal("apply"), plan: hostPlan, maxChanges }),
  // Pulumi gives a delete the standard input of the apply before it.
  z
    .strictObject({ action: z.literal("remove"), plan: hostPlan, maxChanges: maxChanges.optional() })
    .transform(({ action, plan }) => ({ action, plan })),
  z
    .strictObject({
      action: z.literal("observe-token"),
      token: hostToken,
      services: z.array(observedService).max(100),
      compose: compose.optional(),
    })
    .transform((observation) => ({ ...observation, compose: observation.compose })),
  z.strictObject({
    action: z.literal("gate"),
    token: hostToken,
    sha256: z.union([sha256, z.literal("unknown")]),
  }),
  z.strictObject({ action: z.literal("put-back"), token: hostToken }),
  z.strictObject({ action: z.literal("clear-container"), leftover: containerOwner }),
  z.strictObject({ action: z.literal("recreate"), recreation }),
  z.strictObject({ action: z.literal("verify-container"), check: containerCheck }),
  z.strictObject({ action: z.literal("stale-processes"), question: staleQuestion }),
  z.strictObject({ action: z.literal("run-agent"), target: userTarget }),
  z.strictObject({
    action: z.literal("await-login"),
    target: userTarget,
    timeoutSeconds: z.number().positive().max(86_400),
  }),
  z.strictObject({
    action: z.literal("pause"),
    target: userTarget,
    by: z.string().max(200),
    reason: z.string().max(500),
  }),
  z.strictObject({ action: z.literal("resume"), target: userTarget }),
  z.strictObject({ action: z.enum(["observe-rules", "place-rules", "remove-rules"]), rules }),
  z.strictObject({ action: z.literal("status"), protocol, fleet: fleetName }),
  ...rotationRequests,
]);

/** The request in one line of JSON. @throws {ExpectedError} that names every field which is not as it should be */
export function parseRequest(line: string): HostRequest {
  return parseAs(request, line, "the request on standard input");
}

/** A recorded plan. @param where its path, for the error */
export function parsePlan(text: string, where: string): HostPlan {
  return parseAs(hostPlan, text, where);
}

function parseAs<T>(shape: z.ZodType<T>, text: string, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ExpectedError(`${where} is not JSON.`, { cause: error });
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ExpectedError(
    parsed.error.issues.map((issue) => `${where}: ${issue.path.join(".") || "it"}: ${issue.message}.`),
  );
}
