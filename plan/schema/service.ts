/** Schema of one container that mounts a token. */
import { isIP } from "node:net";
import * as z from "zod";
import {
  complain,
  flag,
  forward,
  isMapping,
  kind,
  list,
  matching,
  notA,
  oneOf,
  strict,
  whole,
  type Reading,
} from "./kinds.ts";
import {
  containerName,
  containerUser,
  imageReference,
  isVariableName,
  networkName,
  serviceName,
} from "./names.ts";
import { absolutePath, commandWords, duration } from "./places.ts";
import { looksSecret } from "../../lib/looks-secret.ts";

/** Variables that outrank the token file inside the container. */
const OUTRANKING = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"];

/** Names whose values are secrets; those that end like `_FILE` name a place instead. */
const SECRET_NAME = /TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|(?:API|ACCESS|PRIVATE|SIGNING)_?KEY/i;
const PLACE_NAME = /_(?:FILE|PATH|DIR|URL|NAME|TTL|SECONDS|LIMIT|COUNT)$/i;

/** Plain environment variables; returned as pairs sorted by name. */
const environment = z.unknown().transform((value, context): [name: string, value: string][] => {
  if (!isMapping(value)) {
    complain(context, [], { message: "must be a map of variables", remedy: "Write NAME: value." });
    return z.NEVER;
  }
  const pairs: [string, string][] = [];
  for (const name of Object.keys(value).sort()) {
    const content = value[name];
    if (!isVariableName(name)) {
      const remedy = "Use letters, digits and _, and no digit first.";
      complain(context, [name], { message: "is not the name of an environment variable", remedy }, "key");
    } else if (OUTRANKING.includes(name)) {
      const remedy = "Remove it: the container takes the token from its mounted file.";
      complain(context, [name], { message: "would outrank the mounted token", remedy }, "key");
    } else if (
      typeof content === "string" &&
      content !== "" &&
      ((SECRET_NAME.test(name) && !PLACE_NAME.test(name)) || looksSecret(content))
    ) {
      const remedy = "Hand it to the container as a file instead, and name that file here.";
      complain(
        context,
        [name],
        { message: "looks like a secret, and would lie open in the state", remedy },
        "key",
      );
    } else if (typeof content === "string" || typeof content === "number" || typeof content === "boolean") {
      if (String(content).includes("\0")) {
        complain(context, [name], { message: "holds a NUL character", remedy: "Remove it." });
      } else pairs.push([name, String(content)]);
    } else
      complain(context, [name], { message: "must be text, a number, true or false", remedy: "Quote it." });
  }
  return pairs;
});

const ipAddress = kind("an IP address of the host", "127.0.0.1", (value): Reading<string> =>
  typeof value === "string" && isIP(value) !== 0 ? { value } : notA("an IP address of the host", "127.0.0.1"),
);

const port = strict({
  internal: whole(1, 65_535, "a port"),
  external: whole(1, 65_535, "a port"),
  ip: ipAddress.default("127.0.0.1"),
  protocol: oneOf("tcp", "udp").default("tcp"),
});

const mount = strict({
  source: absolutePath("/srv/platform/data"),
  target: absolutePath("/data"),
  readOnly: flag.default(true),
});

/** Docker takes `CMD …`, `CMD-SHELL …` or `NONE`. Source: https://docs.docker.com/reference/compose-file/services/#healthcheck */
const healthcheck = strict({
  test: commandWords,
  interval: duration("30s", 1).default(30),
  timeout: duration("5s", 1).default(5),
  startPeriod: duration("10s").default(10),
  retries: whole(1, 100).default(3),
}).superRefine((check, context) => {
  const [form, ...words] = check.test;
  const fine =
    (form === "CMD" && words.length > 0) ||
    (form === "CMD-SHELL" && words.length === 1) ||
    check.test.join() === "NONE";
  if (fine) return;
  const remedy = 'Write ["CMD", "program", "argument"], ["CMD-SHELL", "one command line"] or ["NONE"].';
  complain(context, ["test"], { message: "must begin with CMD or CMD-SHELL and name a command", remedy });
});

/** What the rollout knows of a service, whoever describes its container. */
const identity = {
  name: serviceName,
  container: containerName,
  target: absolutePath("/home/runner/.config/claude-code/auth.json"),
  uid: whole(0, 2_147_483_647, "a numeric user"),
};

const definition = {
  image: imageReference,
  command: commandWords.optional(),
  entrypoint: commandWords.optional(),
  environment: environment.optional(),
  user: containerUser.optional(),
  ports: list(port, "ports", 100).default([]),
  networks: list(networkName, "networks", 50).default([]),
  mounts: list(mount, "mounts", 100).default([]),
  healthcheck: healthcheck.optional(),
  restart: matching(
    "no, always, unless-stopped or on-failure",
    "unless-stopped",
    /^(?:no|always|unless-stopped|on-failure)$/,
    20,
  ).default("unless-stopped"),
};

/** One entry of a token's `services`. */
export const service = strict({ ...identity, ...definition });

const identityOnly = strict(identity);

/** One entry of a token's `services` where a compose file describes the containers. */
export const composeService = z.unknown().transform((value, context) => {
  if (!isMapping(value)) return forward(identityOnly, value, context);
  const own = Object.keys(value).filter((key) => !Object.hasOwn(definition, key));
  for (const key of Object.keys(value).filter((name) => !own.includes(name))) {
    const message = "belongs to the compose file, which describes the containers with this driver";
    complain(context, [key], { message, remedy: "Write it there, and remove it here." }, "key");
  }
  return forward(identityOnly, Object.fromEntries(own.map((key) => [key, value[key]])), context);
});

export type ServiceEntry = z.output<typeof service>;
export type ComposeServiceEntry = z.output<typeof composeService>;
