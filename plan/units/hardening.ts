/** What the fleet's services have in common: what is taken away from them. */

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

/** Lines of a service's section which keep those variables from it. */
export const unsetVariables = UNSET.map((names) => `UnsetEnvironment=${names.join(" ")}`).join("\n");

/**
 * Lines which leave a service what Node and the Claude Code CLI work with: network, and files where `ReadWritePaths=`
 * or `StateDirectory=` say so.
 *
 * What is not here breaks something: `MemoryDenyWriteExecute=` the just-in-time compiler; a filter without `@pkey`, or
 * one that kills, the CLI. `PrivateUsers=` would hide the CLI of an earlier run, which must be waited for: with
 * `ProtectProc=invisible` a process sees only those of its own user namespace. `RemoveIPC=` would reach into the user's
 * other sessions.
 * `LimitCORE=`: a core of the agent or of its CLI would hold a login.
 * Source: https://www.freedesktop.org/software/systemd/man/252/systemd.exec.html
 */
export const confinement = `NoNewPrivileges=yes
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
PrivateMounts=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
LimitCORE=0
UMask=0077`;
