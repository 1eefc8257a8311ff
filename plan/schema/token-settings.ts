/** The schema of a token file and the containers that follow it. */
import { CHEAPEST_MODEL } from "../../claude/models.ts";
import * as z from "zod";
import { usualDuration, fields, usualFlag, list, oneOf, otherwise, whole } from "./kinds.ts";
import { modelName } from "./names.ts";
import { absolutePath, commandWords, filePath, serverUrl } from "./places.ts";
import { host } from "./roster.ts";
import { diagnosis, rotation } from "./rotation-settings.ts";
import { composeService, service } from "./service-settings.ts";

const ANTHROPIC = "https://api.anthropic.com";

const gate = fields({
  probe: oneOf("cli", "https")
    .prefault("cli")
    .describe(
      "What proves a new token before a container sees it. `cli`: the real CLI on that host. `https`: a request to the Messages API.",
    ),
  allowRefreshToken: usualFlag(false).describe(
    "Whether the file may hold a refresh token. Containers cannot share one, because it works once.",
  ),
  apiUrl: serverUrl(ANTHROPIC).prefault(ANTHROPIC).describe("The base URL of the API that the probe calls."),
  claude: absolutePath("/usr/local/bin/claude")
    .optional()
    .describe("The CLI on the token's host. Without it, the gate looks in the usual places."),
  model: modelName(CHEAPEST_MODEL.cli)
    .optional()
    .describe(
      `The model that the probe asks. Without it: \`${CHEAPEST_MODEL.cli}\` for \`cli\`, \`${CHEAPEST_MODEL.https}\` for \`https\`.`,
    ),
});

const rollout = fields({
  maxUnavailable: whole(1, 100).prefault(1).describe("How many containers may be away at the same time."),
  gracePeriod: usualDuration("30s", 1, 3600).describe(
    "How long a container may finish its work before it is killed.",
  ),
  healthTimeout: usualDuration("60s", 1, 3600).describe(
    "How long the rollout waits until a container is healthy.",
  ),
  staleProcesses: oneOf("list", "wait", "stop")
    .prefault("list")
    .describe(
      "What happens to processes that outlive the rollout with a former token in their environment. `list` names them, `wait` waits for their end, `stop` ends them.",
    ),
  staleWait: usualDuration("10m", 1, 86_400).describe("How long `staleProcesses: wait` waits."),
});

const compose = fields({
  compose: fields({
    file: filePath("docker-compose.production.yml").describe(
      "The compose file. A relative path starts in `directory`.",
    ),
    directory: absolutePath("/opt/platform").describe("The compose project's folder on the host."),
    recreate: commandWords
      .optional()
      .meta({ examples: [["./deploy.sh"]] })
      .describe(
        "A command that recreates one service. The service's name is its last argument. Without it, `docker compose` does it.",
      ),
  }).describe("The compose project that describes the containers."),
});

const docker = z.literal(
  "docker",
  otherwise({
    message: "is no driver",
    remedy: "Write docker, or {compose: {file: docker-compose.production.yml, directory: /opt/platform}}.",
  }),
);

const place = {
  host: host.describe("How the host of the token file is reached. `ssh` or `local: true` is required."),
  file: absolutePath("/home/deploy/.config/claude-code/auth.json").describe(
    "The token file on that host. It is only a candidate: containers mount copies that the gate approved.",
  ),
};

const behaviour = {
  gate: gate.prefault({}).describe("How a new token is proven before any container sees it."),
  rollout: rollout.prefault({}).describe("How containers are recreated when the token changes."),
  diagnosis: diagnosis.prefault({}),
  rotation: rotation.prefault({}),
};

const DRIVER =
  "Who describes the containers. `docker`: this stack. `compose`: a compose file on the host, and then a service has only `name`, `container`, `target` and `uid`.";
const SERVICES = "The containers that mount the token, in the order in which they are replaced.";

const dockerToken = fields({
  ...place,
  driver: docker.prefault("docker").describe(DRIVER),
  services: list(service, "services", 100).describe(SERVICES),
  ...behaviour,
});

const composeToken = fields({
  ...place,
  driver: compose.describe(DRIVER),
  services: list(composeService, "services", 100).describe(SERVICES),
  ...behaviour,
});

/** One entry of `tokens`. Its driver decides what a service is described by. */
export const token = z.union([dockerToken, composeToken]);

export type TokenEntry = z.output<typeof token>;
