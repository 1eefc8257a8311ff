/** The schema of the stack's settings, by their names without `claude-fleet:`. */
import * as z from "zod";
import { duration, fields, usualFlag, list, oneOf } from "./kinds.ts";
import { fleetName, tokenName } from "./names.ts";
import { absolutePath, filePath, network, serverUrl, vaultNamespace, vaultPath, version } from "./places.ts";
import { renewal } from "./renewal-settings.ts";
import { host } from "./roster.ts";
import { token } from "./token-settings.ts";

const vault = fields({
  address: serverUrl("https://vault.example.net").describe(
    "Vault's address as the operator's machine reaches it. A workstation may have a `vaultAddress` of its own.",
  ),
  namespace: vaultNamespace.prefault("").describe("Vault's namespace. Empty: the root namespace."),
  mount: vaultPath("a KV version 2 mount", "secret")
    .prefault("secret")
    .describe("The mount that holds the backups. It must exist, unless `manageMount` is `true`."),
  prefix: vaultPath("a folder below the mount", "workstation/claude-users")
    .prefault("workstation/claude-users")
    .describe("The folder of the backups below the mount. It has one entry for each user."),
  caFile: filePath("vault-ca.pem", { emptyMeansNone: true })
    .prefault("")
    .describe(
      "A PEM file of the CA that signs Vault's certificate; a relative path starts in the project's folder. The hosts get its content. Empty: each machine's own CAs.",
    ),
  manageMount: usualFlag(false).describe(
    "Whether this stack creates the mount. `pulumi destroy` keeps the mount.",
  ),
  versionOverride: version("1.14.0")
    .optional()
    .describe(
      "The version of Vault that Pulumi's provider assumes, for servers that number theirs differently.",
    ),
  strayTokens: oneOf("look", "leave")
    .prefault("look")
    .describe(
      "`look`: the drift review finds the fleet's unowned tokens, which takes `sudo` on `auth/token/accessors`, and an `up` revokes them. `leave`: the review names those that it may see, and an `up` leaves them alone.",
    ),
  tokenBoundCidrs: list(network, "networks", 100)
    .meta({ examples: [["10.20.0.0/16"]] })
    .prefault([])
    .describe(
      "The networks from which Vault takes users' tokens, by the addresses that Vault sees. Empty: from everywhere.",
    ),
  rotateTokensAfter: duration("30d", 86_400)
    .optional()
    .describe(
      "The age, by Vault's clock, at which an `up` replaces a user's Vault token. Without it: never.",
    ),
});

const ssh = fields({
  configFile: filePath("/home/operator/.ssh/fleet_config")
    .optional()
    .describe(
      "The ssh configuration file to use; a relative path starts in the project's folder. Without it: the operator's own.",
    ),
});

const monitoring = fields({
  host: host.describe("How the host of Prometheus is reached. `ssh` or `local: true` is required."),
  directory: absolutePath("/etc/prometheus/claude-fleet").describe("The folder of the rules on that host."),
  runbook: serverUrl("https://wiki.example.com/claude-fleet/alerts")
    .optional()
    .describe("Where your people read docs/reference/alerts.md. Alerts link to its sections."),
});

/** The stack's settings. Each setting, and each entry of `tokens`, is read alone, so that a mistake hides no mistake elsewhere. */
export const settings = fields({
  fleet: fleetName.describe(
    "The fleet's name. It is part of every name that the stack owns, such as the role `claude-prod` and the folder `/etc/claude-fleet/prod`.",
  ),
  roster: filePath("roster.yaml")
    .prefault("roster.yaml")
    .describe("The roster's file. A relative path starts in the project's folder."),
  vault: vault.describe("Where backups and policies are in Vault."),
  renewal: renewal.prefault({}).describe("How the workstations' agents work, and what one `up` may change."),
  ssh: ssh.prefault({}).describe("How the operator's ssh is configured."),
  monitoring: monitoring
    .optional()
    .describe(
      "Where the stack keeps the rules of Prometheus and Loki. Without it, `claude-fleet rules` writes them.",
    ),
  tokens: z
    .record(tokenName, token)
    .prefault({})
    .describe("Token files, each with the containers that mount it."),
});

/** Settings of earlier versions that mean nothing now: they are accepted and ignored. */
export const IGNORED_SETTINGS: readonly string[] = ["plugins"];

export type Settings = Omit<z.output<typeof settings>, "tokens">;
export type { TokenEntry } from "./token-settings.ts";
