/** One line for each run: in the user's sync.log and, by standard output, in the journal. Never a secret. */
import { appendFile, chmod, rename, stat } from "node:fs/promises";
import { errorCode, plainText } from "../lib/expected-error.ts";
import { wordOf, type RunClass, type Word } from "./exit-codes.ts";
import { userPlaces } from "./places.ts";

/** What a run has to say. */
export interface Report {
  readonly user: string;
  readonly fleet: string;
  readonly class: RunClass;
  /** Overrides the class's own word. */
  readonly word?: Word;
  /** What was done about the backup: written, unchanged, pending, none. */
  readonly backup: "written" | "unchanged" | "pending" | "none";
  /** The CLI's version, when it was asked. */
  readonly claude?: string | undefined;
  /** Seconds that the scoped Vault token lives from now on. */
  readonly vaultTtlSeconds?: number | undefined;
  /** What happened and what to do, in words. */
  readonly why?: string | undefined;
}

const MAX_LOG_BYTES = 1024 * 1024;

/** The line: a word, then `key=value` pairs, values with spaces in double quotes. */
export function reportLine(report: Report): string {
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ["user", report.user],
    ["class", report.class],
    ["fleet", report.fleet],
    ["backup", report.backup],
    ["claude", report.claude],
    [
      "vault_ttl",
      report.vaultTtlSeconds === undefined ? undefined : `${Math.floor(report.vaultTtlSeconds)}s`,
    ],
    ["why", report.why === undefined ? undefined : quoted(withoutSecrets(report.why))],
  ];
  const words = pairs.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  return [report.word ?? wordOf(report.class), ...words].join(" ");
}

/** `text` with everything that looks like a token taken out: what the CLI says is not ours to trust. */
export function withoutSecrets(text: string): string {
  return plainText(
    text
      .replace(/sk-ant-[A-Za-z0-9_-]+/g, "<token>")
      .replace(/\b(?:hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20,}/g, "<token>")
      .replace(/[A-Za-z0-9_+=-]{48,}/g, "<redacted>"),
    600,
  );
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}

/** Appends to sync.log (0600; one former file is kept, at 1 MiB) and prints the line. */
export async function publish(report: Report, home: string, now: Date): Promise<void> {
  const line = reportLine(report);
  process.stdout.write(`${line}\n`);
  const { log } = userPlaces(home);
  if ((await sizeOf(log)) >= MAX_LOG_BYTES) await rename(log, `${log}.1`);
  await appendFile(log, `${now.toISOString()} ${line}\n`, { mode: 0o600 });
  await chmod(log, 0o600);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return 0;
    throw error;
  }
}
