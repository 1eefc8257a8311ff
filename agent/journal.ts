/** Sends a run's line to the journal. */
import { start } from "../lib/process.ts";
import type { Word } from "../contract/agent-classes.ts";
import type { JournalEntry } from "./world.ts";

/** Priorities of syslog(3). Alerts use the word; people see the colour. */
const PRIORITIES: Readonly<Record<Word, number>> = { OK: 6, INFO: 6, WARN: 4, FAIL: 3 };

/** Milliseconds that `logger` may take. */
const DEADLINE_MS = 5000;

/**
 * Sends the line through the unit's standard output. Only this way the journal always knows the unit. Nearly half of the
 * entries that `logger` sent from a unit had lost it: `logger` ends before the journal looks it up (measured with systemd
 * 252). The fields follow by `logger --journald`, in an entry without a message. Without `logger` the line says the same.
 */
export async function sendToJournal(entry: JournalEntry): Promise<void> {
  const priority = PRIORITIES[entry.word];
  const underSystemd = process.env["JOURNAL_STREAM"] !== undefined;
  process.stdout.write(`${underSystemd ? `<${priority}>` : ""}${entry.message}\n`);
  if (underSystemd) await withFields(journalFields(entry));
}

/** Returns the fields as `logger --journald` reads them, one a line. */
export function journalFields(entry: JournalEntry): string {
  const fields = {
    PRIORITY: PRIORITIES[entry.word],
    SYSLOG_IDENTIFIER: "claude-auth-sync",
    CLAUDE_FLEET_WORD: entry.word,
    CLAUDE_FLEET_USER: entry.user,
    CLAUDE_FLEET_CLASS: entry.class,
    CLAUDE_FLEET_REASON: entry.reason,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${String(value).replace(/[\r\n]/g, " ")}\n`)
    .join("");
}

async function withFields(text: string): Promise<void> {
  // `logger` may be missing, or too old for the option: the line is in the journal already.
  await start("logger", ["--journald"], {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    input: text,
    stdout: "ignore",
    stderr: "ignore",
    timeout: DEADLINE_MS,
  });
}
