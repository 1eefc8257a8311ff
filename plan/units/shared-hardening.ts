/** Holds the restrictions that all services of the fleet share. */

/**
 * Variables that would replace the credential, endpoint or configuration of the user's own files. A host may set them for
 * all services.
 * Source: https://code.claude.com/docs/en/authentication, "Authentication precedence"
 */
const UNSET: readonly (readonly string[])[] = [
  ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS"],
  ["ANTHROPIC_PROFILE", "ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID", "ANTHROPIC_MODEL"],
  ["CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_OAUTH_REFRESH_TOKEN", "CLAUDE_CODE_OAUTH_SCOPES"],
  ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY", "CLAUDE_CODE_SIMPLE"],
  ["CLAUDE_CONFIG_DIR", "VAULT_ADDR", "VAULT_NAMESPACE", "VAULT_TOKEN", "NODE_OPTIONS"],
];

/** Lines of a service that unset those variables. */
export const unsetVariables = UNSET.map((names) => `UnsetEnvironment=${names.join(" ")}`).join("\n");

/**
 * Lines that leave a service only what Node and the Claude Code CLI need: the network, and the folders that
 * `ReadWritePaths=` or `StateDirectory=` name.
 *
 * Some restrictions are missing because they break something. `MemoryDenyWriteExecute=` breaks the just-in-time compiler.
 * A filter without `@pkey`, or one that kills, breaks the CLI. `PrivateUsers=` would hide the CLI of an earlier run, for
 * which the agent must wait: with `ProtectProc=invisible` a process sees only its own user namespace. `RemoveIPC=` would
 * affect other sessions of the user. `LimitCORE=` is set because a core dump would hold a login.
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
