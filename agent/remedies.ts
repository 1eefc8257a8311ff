/** What a person does about a run's end, in words that name the command. Pure. */
import type { BackupState, Reason } from "../contract/agent-classes.ts";
import type { AgentConfig } from "./config.ts";

/** Who the remedy is for. */
type Person = Pick<AgentConfig, "user" | "email">;

/** The command of a first login and of every other one. */
export function loginCommand({ user, email }: Person): string {
  return `${user} runs \`claude auth login --claudeai --sso --email ${email}\` on this host`;
}

/** The remedy for a reason; undefined where there is nothing to do, or where `why` says it. */
export function remedyFor(reason: Reason, person: Person): string | undefined {
  const login = loginCommand(person);
  switch (reason) {
    case "no-login":
    case "gone":
    case "corrupt":
    case "blanked":
    case "refused":
    case "restore-refused":
      return login;
    case "restore-pending":
      return `it is tried again; to end it at once, ${login}`;
    case "setup-token-refused":
      return `${person.user} makes a new token with \`claude setup-token\` and puts it in the old one's place, or ${login}`;
    case "after-rotation":
      return `the organisation's administrator looks whether ${person.email} may use Claude Code; then ${login}`;
    case "not-allowed":
      return `the organisation does not allow Claude Code for ${person.email}: its administrator enables it in the organisation's settings`;
    case "no-credit":
      return `the organisation of ${person.email} has no credit: its administrator adds some, or assigns a seat`;
    case "refresh":
    case "refresh-failing":
      return `it may pass; when it lasts, ${login}`;
    case "model":
      return "an operator lets the CLI be updated: `claude update`";
    case "malformed":
      return `${person.user} runs \`rm ~/.claude/.credentials.json\`; then ${login}`;
    case "stuck":
      return `\`pgrep -u ${person.user} -af claude\` names the process; it must not be ended in the middle of a refresh`;
    case "refreshing":
      return `\`pgrep -u ${person.user} -a claude\` names who holds the lock`;
    case "bad-exit":
    case "not-storable":
      return `\`df -h /home; df -i /home; quota -u ${person.user}\` name what is full`;
    case "no-answer":
      return `${person.user} runs \`claude --version\` and \`claude\` on this host, and mends what it says`;
    case "unreadable":
      return `${person.user} runs \`ls -la ~/.claude\` and mends the file's owner and rights`;
    case "odd":
      return `${person.user} runs \`claude\` on this host and sees what it says`;
    default:
      return undefined;
  }
}

/** The remedy for a backup's state. */
export function remedyForBackup(state: BackupState, person: Person): string | undefined {
  switch (state) {
    case "identity-mismatch":
      return `${person.user} runs \`claude auth logout\`, and then \`claude auth login --claudeai --sso --email ${person.email}\` on this host`;
    case "foreign":
      return "an operator decides which host is the user's, and removes the other's backup: `vault kv metadata delete`";
    case "incomplete":
      return loginCommand(person);
    default:
      return undefined;
  }
}
