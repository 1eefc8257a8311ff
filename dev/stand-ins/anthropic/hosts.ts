/** The hosts that Claude Code speaks to, as the workstation's /etc/hosts maps them to the stand-in. */
export const ANTHROPIC_HOSTS = [
  "api.anthropic.com",
  "claude.ai",
  "console.anthropic.com",
  "platform.claude.com",
] as const;
