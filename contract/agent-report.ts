/** One line for each run: in the user's sync.log and in the journal. Never a secret. */
import { plainText } from "../lib/expected-error.ts";
import type { BackupState, Reason, RunClass, SHARED_TOKEN, Word } from "./agent-classes.ts";

/** What a run has to say. */
export interface Report {
  readonly user: string;
  readonly fleet: string;
  readonly word: Word;
  readonly class: RunClass;
  /** A reason of the class; the backup's state, or `shared-token`, where that is what makes the word. */
  readonly reason: Reason | BackupState | (typeof SHARED_TOKEN)["reason"];
  readonly exitCode: number;
  /** What became of the backup. */
  readonly backup: BackupState;
  /** The CLI's version, when it was asked. */
  readonly claude?: string | undefined;
  /** Seconds that the scoped Vault token lives from now on. */
  readonly vaultTtlSeconds?: number | undefined;
  /** What happened and what to do, in words. */
  readonly why?: string | undefined;
}

/** Characters of `why` that are kept. */
export const MAX_WHY = 600;

/** The line: a word, then `key=value` pairs, values with spaces in double quotes. */
export function reportLine(report: Report): string {
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ["user", report.user],
    ["class", report.class],
    ["reason", report.reason],
    ["fleet", report.fleet],
    ["backup", report.backup],
    ["claude", report.claude === undefined ? undefined : plainText(report.claude, 40)],
    [
      "vault_ttl",
      report.vaultTtlSeconds === undefined ? undefined : `${Math.floor(report.vaultTtlSeconds)}s`,
    ],
    ["why", report.why === undefined ? undefined : quoted(withoutSecrets(report.why))],
  ];
  const words = pairs.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  return [report.word, ...words].join(" ");
}

/** `text` with everything that looks like a token taken out: what the CLI says is not ours to trust. */
export function withoutSecrets(text: string): string {
  return plainText(
    text
      .replace(/sk-ant-[A-Za-z0-9_-]+/g, "<token>")
      .replace(/\b(?:hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20,}/g, "<token>")
      .replace(/[A-Za-z0-9_+=-]{48,}/g, "<redacted>"),
    MAX_WHY,
  );
}

/** Returns the text with a full stop, where it has none. Quoted words of other programs often lack it. */
export function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}
