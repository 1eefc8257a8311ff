/** The schema of one container that mounts a token. */
import * as z from "zod";
import { looksSecret } from "../../lib/looks-secret.ts";
import { complain, issueText, notA, unknownKey } from "./complaint.ts";
import { usualDuration, fields, usualFlag, list, oneOf, otherwise, whole } from "./kinds.ts";
import {
  containerName,
  containerUser,
  imageReference,
  networkName,
  serviceName,
  variableName,
} from "./names.ts";
import { absolutePath, commandWords } from "./places.ts";

/** Names whose values are secrets. Those that end like `_FILE` name a place instead. */
const SECRET_NAME = /TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|(?:API|ACCESS|PRIVATE|SIGNING)_?KEY/i;
const PLACE_NAME = /_(?:FILE|PATH|DIR|URL|NAME|TTL|SECONDS|LIMIT|COUNT)$/i;

/** The name of a variable that does not outrank the token file inside the container. */
const plainVariable = variableName.regex(
  /^(?!(?:ANTHROPIC_API_KEY|ANTHROPIC_AUTH_TOKEN|CLAUDE_CODE_OAUTH_TOKEN)$)/,
  otherwise({
    message: "would outrank the mounted token",
    remedy: "Remove it: the container takes the token from its mounted file.",
  }),
);

const notPlain = issueText({ message: "must be text, a number, true or false", remedy: "Quote it." });

const variableValue = z.union([
  z
    .string({ error: () => notPlain })
    .regex(/^[^\0]*$/, otherwise({ message: "holds a NUL character", remedy: "Remove it." })),
  z.number(),
  z.boolean(),
]);

/** Plain environment variables, returned as pairs that are sorted by name. */
const environment = z
  .record(plainVariable, variableValue, {
    error: () => issueText({ message: "must be a map of variables", remedy: "Write NAME: value." }),
  })
  .superRefine(
    (variables, context) => {
      for (const [name, value] of Object.entries(variables)) {
        if (typeof value !== "string" || value === "") continue;
        if (!(SECRET_NAME.test(name) && !PLACE_NAME.test(name)) && !looksSecret(value)) continue;
        const message = "looks like a secret, and would be readable in the state";
        const remedy = "Hand it to the container as a file instead, and name that file here.";
        complain(context, [name], { message, remedy }, "key");
      }
    },
    // A wrong name must not hide that another variable looks like a secret.
    { when: ({ value }) => typeof value === "object" && value !== null },
  )
  .transform((variables) =>
    Object.entries(variables)
      .map(([name, value]): [name: string, value: string] => [name, String(value)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const port = fields({
  internal: whole(1, 65_535, { what: "a port", example: 8001 }).describe("The port inside the container."),
  external: whole(1, 65_535, { what: "a port", example: 8001 }).describe("The port on the host."),
  ip: z
    .union([z.ipv4(), z.ipv6()], {
      error: () => issueText(notA("an IP address of the host", "127.0.0.1")),
    })
    .meta({ title: "an IP address of the host", examples: ["127.0.0.1"] })
    .prefault("127.0.0.1")
    .describe("The host's address on which the port is published."),
  protocol: oneOf("tcp", "udp").prefault("tcp").describe("The port's protocol."),
});

const mount = fields({
  source: absolutePath("/srv/platform/data").describe("The path on the host."),
  target: absolutePath("/data").describe("The path inside the container."),
  readOnly: usualFlag(true).describe("Whether the container may only read the path."),
});

/** Docker takes `CMD …`, `CMD-SHELL …` or `NONE`. Source: https://docs.docker.com/reference/compose-file/services/#healthcheck */
const healthcheckTest = commandWords.refine(
  ([form, ...words]) =>
    (form === "CMD" && words.length > 0) ||
    (form === "CMD-SHELL" && words.length === 1) ||
    (form === "NONE" && words.length === 0),
  otherwise({
    message: "must begin with CMD or CMD-SHELL and name a command",
    remedy: 'Write ["CMD", "program"], ["CMD-SHELL", "one command line"] or ["NONE"].',
  }),
);

const healthcheck = fields({
  test: healthcheckTest
    .meta({ examples: [["CMD", "curl", "--fail", "http://127.0.0.1:8001/health"]] })
    .describe("The command that succeeds while the container is healthy, in Docker's notation."),
  interval: usualDuration("30s", 1).describe("The time between two checks."),
  timeout: usualDuration("5s", 1).describe("How long one check may take."),
  startPeriod: usualDuration("10s").describe(
    "How long after its start the container may fail checks without being unhealthy.",
  ),
  retries: whole(1, 100, { example: 3 })
    .prefault(3)
    .describe("How many checks in a row must fail before the container is unhealthy."),
});

/** What the rollout knows of a service, with either driver. */
const identity = {
  name: serviceName.describe("The service's name. With a compose file, it is the service's name there."),
  container: containerName.describe("The container's name on the host."),
  target: absolutePath("/home/runner/.config/claude-code/auth.json").describe(
    "The path at which the container reads the token.",
  ),
  uid: whole(0, 2_147_483_647, { what: "a numeric user", example: 1000 }).describe(
    "The user that reads the token, by the host's number. The mounted copy belongs to this user.",
  ),
};

const definition = {
  image: imageReference.describe(
    "The image. It must be on the engine already, because the stack pulls none.",
  ),
  command: commandWords.optional().describe("Words that replace the image's command."),
  entrypoint: commandWords.optional().describe("Words that replace the image's entry point."),
  environment: environment
    .optional()
    .describe("Environment variables. A variable that holds a secret or outranks the token file is refused."),
  user: containerUser.optional().describe("The user inside the container. Without it, the image decides."),
  ports: list(port, "ports", 100).prefault([]).describe("Ports that are published on the host."),
  networks: list(networkName, "networks", 50)
    .prefault([])
    .describe("Docker networks that the container joins. They must exist already."),
  mounts: list(mount, "mounts", 100)
    .prefault([])
    .describe("Further paths of the host that the container mounts."),
  healthcheck: healthcheck.optional().describe("Docker's health check. Without it, the image decides."),
  restart: oneOf("no", "always", "unless-stopped", "on-failure")
    .prefault("unless-stopped")
    .describe("Docker's restart policy."),
};

/** One entry of a token's `services`. */
export const service = fields({ ...identity, ...definition }).describe(
  "One container that mounts the token.",
);

/** One entry of a token's `services` where a compose file describes the containers. */
export const composeService = fields(identity, (key) =>
  Object.hasOwn(definition, key)
    ? {
        message: "belongs to the compose file, which describes the containers with this driver",
        remedy: "Write it there, and remove it here.",
      }
    : unknownKey(key, Object.keys(identity)),
).describe("One service of the compose file.");

export type ServiceEntry = z.output<typeof service>;
export type ComposeServiceEntry = z.output<typeof composeService>;
