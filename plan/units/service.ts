/** The service template, and the drop-in that makes an instance of it a user's own. */
import { posix } from "node:path";
import { AGENT, SERVICE_UNIT, UNIT_FOLDER, dropInName } from "./names.ts";

/**
 * Variables that would bring another credential, endpoint or configuration than the user's own file, wherever they are
 * set for all services. Source: https://code.claude.com/docs/en/authentication, "Authentication precedence"
 */
const UNSET: readonly (readonly string[])[] = [
  ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS"],
  ["ANTHROPIC_PROFILE", "ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID", "ANTHROPIC_MODEL"],
  ["CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_OAUTH_REFRESH_TOKEN", "CLAUDE_CODE_OAUTH_SCOPES"],
  ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY", "CLAUDE_CODE_SIMPLE"],
  ["CLAUDE_CONFIG_DIR", "VAULT_ADDR", "VAULT_NAMESPACE", "VAULT_TOKEN", "NODE_OPTIONS"],
];

/**
 * Text of `claude-auth-sync@.service`, the same for every fleet, host and user.
 *
 * The account is set by its number in the drop-in: systemd remarks on a `User=` such as `john.doe` each time it reads
 * one. The template itself runs as nobody, and only where there is a drop-in.
 *
 * Ending the CLI in the middle of a refresh burns the login: nothing here ever does. A stop reaches the agent alone,
 * which waits for the CLI. `MemoryDenyWriteExecute=` and a filter without `@pkey` break the CLI; `RemoveIPC=` would
 * reach into the user's other sessions.
 */
export function serviceTemplate(): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=Prove and back up the Claude Code login of %i
Wants=network-online.target
After=network-online.target nss-user-lookup.target
AssertPathExists=${UNIT_FOLDER}/claude-auth-sync@%i.service.d/${dropInName}

[Service]
Type=oneshot
User=65534
ExecStart=${AGENT} run --fleet \${CLAUDE_FLEET}
SyslogIdentifier=claude-auth-sync
UMask=0077

KillMode=process
SendSIGKILL=no
OOMPolicy=continue
TimeoutStartSec=infinity
TimeoutStopSec=180

${UNSET.map((names) => `UnsetEnvironment=${names.join(" ")}`).join("\n")}

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey
SystemCallErrorNumber=EPERM
`;
}

/** What a user's drop-in is made from: what the host knows about the account, and what the plan says. */
export interface DropInFacts {
  readonly user: string;
  /** Number of the account on this host. */
  readonly uid: number;
  /** The account's home on this host. */
  readonly home: string;
  /** Absolute path of the user's CLI; undefined: found by the agent. */
  readonly claude: string | undefined;
  readonly fleet: string;
  readonly claudeWaitSeconds: number;
}

/** Path of a user's drop-in for the service. */
export function userDropInPath(user: string): string {
  return `${UNIT_FOLDER}/${SERVICE_UNIT.replace("@", `@${user}`)}.d/${dropInName}`;
}

/**
 * Text of a user's drop-in. It is rendered on the host, which alone knows the account's number and home.
 *
 * The start's time limit is a last resort against an agent that hangs: a run may wait for the CLI twice (a probe, and
 * one more after a restore), and for locks and re-reads between; reaching it ends nothing but the agent's wait.
 * @throws RangeError for a home or CLI that no unit file can name
 */
export function userDropIn(facts: DropInFacts): string {
  if (!Number.isSafeInteger(facts.uid) || facts.uid < 1) {
    throw new RangeError(`The account ${facts.user} has the number ${facts.uid}; renewal is not for root.`);
  }
  const variables = [`CLAUDE_FLEET=${facts.fleet}`];
  if (facts.claude !== undefined) variables.push(`CLAUDE_FLEET_CLI=${unitPath(facts.claude)}`);
  return `# Written by claude-fleet for ${facts.user} in the fleet ${facts.fleet}; edits are undone.
[Service]
User=${facts.uid}
${variables.map((variable) => `Environment=${quoted(variable)}`).join("\n")}
ReadWritePaths=${quoted(`-${unitPath(facts.home)}`)}
TimeoutStartSec=${3 * facts.claudeWaitSeconds + 900}
`;
}

/** A path as it is; what a unit file cannot hold is refused. */
function unitPath(path: string): string {
  if (
    !path.startsWith("/") ||
    path === "/" ||
    posix.normalize(path) !== path ||
    /[\p{C}\p{Zl}\p{Zp}]/u.test(path)
  ) {
    throw new RangeError(`${JSON.stringify(path)} is not an absolute path that a unit file can name.`);
  }
  return path;
}

/** One word of a unit file. Source: https://www.freedesktop.org/software/systemd/man/252/systemd.syntax.html#Quoting */
function quoted(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return `"${escaped}"`;
}
