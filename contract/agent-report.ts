/** The report of a run: one line in the user's sync.log and in the journal, without a secret. */
import type { BackupState, Reason, RunClass, SHARED_TOKEN, Word } from "./agent-classes.ts";
import { plainText } from "../lib/printable.ts";

/** What a run reports. */
export interface Report {
  readonly user: string;
  readonly fleet: string;
  readonly word: Word;
  readonly class: RunClass;
  /** A reason of the class. The backup's state, or `shared-token`, where that alone makes the word. */
  readonly reason: Reason | BackupState | (typeof SHARED_TOKEN)["reason"];
  readonly exitCode: number;
  /** What failed where the login itself did not; undefined otherwise. Class and reason then speak of different things. */
  readonly failed?: "backup" | "environment" | undefined;
  /** The state of the backup. */
  readonly backup: BackupState;
  /** The CLI's version; undefined when it was not asked. */
  readonly claude?: string | undefined;
  /** Seconds until the user's Vault token ends. */
  readonly vaultTtlSeconds?: number | undefined;
  /** Sentences: what happened, and what to do. */
  readonly why?: string | undefined;
}

/** `why` is cut to this many characters. */
const MAX_WHY = 600;

/** Returns the line: a word, then `key=value` pairs. Values with spaces are in double quotes. */
export function reportLine(report: Report): string {
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ["user", report.user],
    ["class", report.class],
    ["reason", report.reason],
    ["fleet", report.fleet],
    ["backup", report.backup],
    ["failed", report.failed],
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

/** Returns `text` without anything that looks like a token. It may quote the CLI, which is not trusted. */
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
