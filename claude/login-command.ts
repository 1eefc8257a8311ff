/** The command by which a person logs in to Claude Code with their seat in an organisation. */

/** Returns the command for a person to type. @param email of their account */
export function loginCommand(email: string): string {
  return `claude auth login --claudeai --sso --email ${email}`;
}
