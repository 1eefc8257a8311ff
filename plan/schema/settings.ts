/** Schema of the stack's settings, one setting at a time. */
import * as z from "zod";
import { INTERVALS, isInterval } from "../units/calendar.ts";
import {
  complain,
  flag,
  forward,
  isMapping,
  kind,
  list,
  matching,
  oneOf,
  strict,
  text,
  whole,
  type Reading,
} from "./kinds.ts";
import { fleetName, userNameComplaint } from "./names.ts";
import {
  absolutePath,
  commandWords,
  duration,
  filePath,
  network,
  serverUrl,
  vaultNamespace,
  vaultPath,
  version,
} from "./places.ts";
import { host } from "./roster.ts";
import { diagnosis, rotation } from "./rotation.ts";
import { composeService, service } from "./service.ts";
import { DEFAULT_WAITS } from "../../contract/host-plan.ts";

const vault = strict({
  address: serverUrl("https://vault.example.net"),
  namespace: vaultNamespace.default(""),
  mount: vaultPath("a KV version 2 mount", "secret").default("secret"),
  prefix: vaultPath("a folder below the mount", "workstation/claude-users").default(
    "workstation/claude-users",
  ),
  caFile: filePath("vault-ca.pem", { emptyMeansNone: true }).default(""),
  manageMount: flag.default(false),
  versionOverride: version.optional(),
  strayTokens: oneOf("look", "leave").default("look"),
  tokenBoundCidrs: list(network, "networks", 100).default([]),
  rotateTokensAfter: duration("30d", 86_400).optional(),
});

/** Waits of one run, and how long something may last before a person is called; shortened in tests. */
const waits = strict({
  reread: duration("2s", 0, 3600).default(DEFAULT_WAITS.rereadSeconds),
  blankReread: duration("60s", 0, 3600).default(DEFAULT_WAITS.blankRereadSeconds),
  deadReread: duration("5s", 0, 3600).default(DEFAULT_WAITS.deadRereadSeconds),
  lockRetry: duration("75s", 0, 3600).default(DEFAULT_WAITS.lockRetrySeconds),
  lockSteal: duration("60s", 1, 3600).default(DEFAULT_WAITS.lockStealSeconds),
  refreshFailing: duration("12h").default(DEFAULT_WAITS.refreshFailingSeconds),
  transient: duration("24h").default(DEFAULT_WAITS.transientSeconds),
  unproven: duration("24h").default(DEFAULT_WAITS.unprovenSeconds),
  backupRetry: duration("5m", 1, 86_400).default(DEFAULT_WAITS.backupRetrySeconds),
});

const renewal = strict({
  every: duration("6h").default(6 * 3600),
  spread: duration("30m").default(30 * 60),
  minClaudeVersion: version.default("2.1.225"),
  claudeWait: duration("15m", 1, 86_400).default(15 * 60),
  maxChangesPerUp: whole(0, 100_000).default(25),
  adopt: flag.default(false),
  purgeBackupsOf: list(text("a user name", "bob", userNameComplaint), "users", 10_000).default([]),
  waits: waits.prefault({}),
}).superRefine((value, context) => {
  if (!isInterval(value.every)) {
    const message = "cannot be spaced evenly over a day";
    complain(context, ["every"], { message, remedy: `Write one of ${INTERVALS}.` });
  } else if (value.spread > value.every) {
    const remedy = "Write a shorter spread, such as 30m for every: 6h.";
    complain(context, ["spread"], { message: "must not be longer than `every`", remedy });
  }
});

const monitoring = strict({
  host,
  directory: absolutePath("/etc/prometheus/claude-fleet"),
  runbook: serverUrl("https://wiki.example.com/claude-fleet/operations").optional(),
});

const ssh = strict({ configFile: filePath("/home/operator/.ssh/fleet_config").optional() });

const gate = strict({
  probe: oneOf("cli", "https").default("cli"),
  allowRefreshToken: flag.default(false),
  apiUrl: serverUrl("https://api.anthropic.com").default("https://api.anthropic.com"),
  claude: absolutePath("/usr/local/bin/claude").optional(),
  model: matching(
    "a model that the probe can ask for",
    "haiku",
    /^[A-Za-z0-9][A-Za-z0-9.:@[\]-]*$/,
    100,
  ).optional(),
});

const rollout = strict({
  maxUnavailable: whole(1, 100).default(1),
  gracePeriod: duration("30s", 1, 3600).default(30),
  healthTimeout: duration("60s", 1, 3600).default(60),
  staleProcesses: oneOf("list", "wait", "stop").default("list"),
  staleWait: duration("10m", 1, 86_400).default(600),
});

const compose = strict({
  compose: strict({
    file: filePath("docker-compose.production.yml"),
    directory: absolutePath("/opt/platform"),
    recreate: commandWords.optional(),
  }),
});

const docker = kind("a driver", "docker", (value): Reading<"docker"> => {
  if (value === "docker") return { value };
  const remedy =
    "Write docker, or {compose: {file: docker-compose.production.yml, directory: /opt/platform}}.";
  return { message: "is no driver", remedy };
});

const common = {
  host,
  file: absolutePath("/home/deploy/.config/claude-code/auth.json"),
  gate: gate.prefault({}),
  rollout: rollout.prefault({}),
  diagnosis: diagnosis.prefault({}),
  rotation: rotation.prefault({}),
};

const dockerToken = strict({
  ...common,
  driver: docker.default("docker"),
  services: list(service, "services", 100),
});

const composeToken = strict({ ...common, driver: compose, services: list(composeService, "services", 100) });

/** One entry of `tokens`. Its driver, `docker` or `{compose: {…}}`, decides what a service is described by. */
export const token = z
  .unknown()
  .transform((value, context): z.output<typeof dockerToken> | z.output<typeof composeToken> => {
    const composed = isMapping(value) && isMapping(value["driver"]);
    return composed ? forward(composeToken, value, context) : forward(dockerToken, value, context);
  });

/** The settings, by their names without `claude-fleet:`; `tokens` is read entry by entry instead. */
export const SETTINGS = {
  fleet: fleetName,
  roster: filePath("roster.yaml").default("roster.yaml"),
  vault,
  renewal: renewal.prefault({}),
  ssh: ssh.prefault({}),
  monitoring: monitoring.optional(),
} as const;

/** Settings of earlier versions that mean nothing now: they are accepted and ignored. */
export const IGNORED_SETTINGS: readonly string[] = ["plugins"];

/** Every setting's name. */
export const SETTING_NAMES: readonly string[] = [...Object.keys(SETTINGS), "tokens"];

export type Settings = { readonly [K in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[K]> };
export type TokenEntry = z.output<typeof token>;
