/** What a person does about the end of a run, as sentences that name the command. Pure. */
import { CREDENTIALS_BELOW_HOME } from "../../claude/credentials.ts";
import type { BackupState, Reason } from "../../contract/agent-classes.ts";

/** Who the remedy is for. */
export interface Person {
  readonly user: string;
  readonly email: string;
}

function login({ user, email }: Person): string {
  return `${user} runs \`claude auth login --claudeai --sso --email ${email}\` on this host.`;
}

/** Returns the remedy for a reason; undefined when nothing is to be done, or when the report's `why` says it. */
export function remedyFor(reason: Reason, person: Person): string | undefined {
  const { user, email } = person;
  switch (reason) {
    case "no-login":
    case "gone":
    case "corrupt":
    case "blanked":
    case "refused":
    case "restore-refused":
    case "no-refresh-token":
      return login(person);
    case "restore-pending":
      return `The next run tries the restore again. Or ${login(person)}`;
    case "setup-token-refused":
      return `${user} makes a new token with \`claude setup-token\`, and puts it into ~/${CREDENTIALS_BELOW_HOME}. Or ${login(person)}`;
    case "after-rotation":
      return `The organisation's administrator checks whether ${email} may use Claude Code. Then ${login(person)}`;
    case "not-allowed":
      return `The organisation does not allow Claude Code for ${email}. Its administrator enables it in the organisation's settings.`;
    case "no-credit":
      return `The organisation of ${email} has no credit. Its administrator adds credit or assigns a seat.`;
    case "refresh":
    case "refresh-failing":
      return `This may pass. If it lasts, ${login(person)}`;
    case "model":
      return "Update the CLI with `claude update`.";
    case "malformed":
      return `${user} runs \`rm ~/${CREDENTIALS_BELOW_HOME}\`. Then ${login(person)}`;
    case "stuck":
      return "`ls -l /proc/[0-9]*/cwd | grep claude-auth-sync/probe` names the process. Do not end it: it may be in the middle of a refresh.";
    case "refreshing":
      return `\`pgrep -u ${user} -a claude\` names the process that holds the lock.`;
    case "bad-exit":
    case "not-storable":
      return `\`df -h /home; df -i /home; quota -u ${user}\` shows what is full.`;
    case "no-answer":
      return `${user} runs \`claude --version\` and \`claude\` on this host, and repairs what they report.`;
    case "unreadable":
      return `${user} runs \`ls -la ~/.claude\` and moves what is not a readable file out of the way. Then ${login(person)}`;
    case "odd":
      return `${user} runs \`claude\` on this host and reads what it says.`;
    default:
      return undefined;
  }
}

/** Returns the remedy for a state of the backup; undefined when nothing is to be done. */
export function remedyForBackup(state: BackupState, person: Person): string | undefined {
  const { user, email } = person;
  switch (state) {
    case "identity-mismatch":
      return `${user} runs \`claude auth logout\`, and then \`claude auth login --claudeai --sso --email ${email}\` on this host.`;
    case "foreign":
      return "An operator decides which host is the user's, and removes the other host's backup with `vault kv metadata delete`.";
    case "incomplete":
      return login(person);
    default:
      return undefined;
  }
}
