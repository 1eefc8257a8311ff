/** The report of a run: the worse word of login and backup, and the sentences of both. Pure. */
import {
  BACKUP_STATES,
  CLASSES,
  isWorse,
  REASONS,
  SHARED_TOKEN,
  type Reason,
  type Word,
} from "../../contract/agent-classes.ts";
import { asSentence, withoutSecrets, type Report } from "../../contract/agent-report.ts";
import type { SharedToken } from "../../claude/shared-token.ts";
import type { Backup } from "./backup.ts";
import { exitCodeOf, type LastingVerdict } from "./consequences.ts";
import { remedyFor, remedyForBackup, type Person } from "./remedies.ts";
import { plainText } from "../../lib/printable.ts";

/** Whose run it is. */
export type ReportOwner = Person & { readonly fleet: string };

/** Everything that a full run has found out. */
export interface RunResults {
  readonly verdict: LastingVerdict;
  /** Sentences about the verdict, without the remedy. */
  readonly why: string | undefined;
  readonly backup: Backup;
  readonly sharedToken: SharedToken;
  /** Sentences about what somebody should look after, though the login works. */
  readonly warnings: readonly string[];
  /** Sentences that ask for nothing. */
  readonly remarks: readonly string[];
  readonly claude: string | undefined;
  readonly vaultTtlSeconds: number | undefined;
}

/** Characters of the sentences about the verdict. They may quote the CLI; the remedy behind them must stay in the line. */
const MAX_VERDICT_WHY = 260;

/**
 * Returns the report of a full run. The worst word of login, backup and environment is the report's, and its reason and exit
 * code are of the same axis. The login comes first: trouble with Vault never hides a dead login. The class is always the
 * login's: trouble with Vault never makes a login look dead.
 */
export function reportOf(owner: ReportOwner, results: RunResults): Report {
  const { verdict, sharedToken } = results;
  const { state } = results.backup;
  const backup = BACKUP_STATES[state];
  const warned: Word = results.warnings.length === 0 ? "OK" : "WARN";
  const words = [backup.word, wordOfShared(sharedToken), warned];
  const word = words.reduce((a, b) => (isWorse(b, a) ? b : a), verdict.word);
  const base = {
    user: owner.user,
    fleet: owner.fleet,
    word,
    class: verdict.class,
    backup: state,
    claude: results.claude,
    vaultTtlSeconds: results.vaultTtlSeconds,
    why: sentences(owner, results),
  };
  // Without a failure of another axis the reason stays the login's.
  if (word !== "FAIL" || verdict.word === "FAIL")
    return { ...base, reason: verdict.reason, exitCode: exitCodeOf(verdict) };
  return backup.word === "FAIL"
    ? { ...base, reason: state, exitCode: backup.exit, failed: "backup" }
    : { ...base, reason: SHARED_TOKEN.reason, exitCode: SHARED_TOKEN.exit, failed: "environment" };
}

/** Returns the report of a run that found out nothing about the login. */
export function plainReport(
  { user, fleet }: ReportOwner,
  reason: Extract<Reason, "other-run" | "not-storable" | "home">,
  why: string,
): Report {
  const { class: runClass, word } = REASONS[reason];
  const { exit: exitCode } = CLASSES[runClass];
  return { user, fleet, word, class: runClass, reason, exitCode, backup: "none", why };
}

/**
 * A token that every user of the host inherits gives all of them one identity: a person must act. A token in the user's own
 * files outranks the login, which may be what the user wants.
 */
function wordOfShared({ shared, own }: SharedToken): Word {
  if (shared.length > 0) return "FAIL";
  return own.length > 0 ? "WARN" : "OK";
}

function sentences(owner: ReportOwner, results: RunResults): string | undefined {
  const { verdict, why, backup, sharedToken, warnings, remarks } = results;
  const { word } = BACKUP_STATES[backup.state];
  const works = verdict.class === "ok";
  const all = [
    why === undefined ? undefined : plainText(why, MAX_VERDICT_WHY),
    verdict.word === "OK" ? undefined : remedyFor(verdict.reason, owner),
    works && word === "FAIL" ? "The login works, but it is not backed up." : undefined,
    // A login in trouble is not stored, which needs no words of its own.
    ...(works || word === "FAIL" ? [backup.why, remedyForBackup(backup.state, owner)] : []),
    sharedWords(sharedToken),
    ...warnings,
    ...remarks,
  ];
  const said = all.filter((part): part is string => part !== undefined && part !== "").map(asSentence);
  return said.length === 0 ? undefined : withoutSecrets(said.join(" "));
}

function sharedWords({ shared, own }: SharedToken): string | undefined {
  const paths = [...shared, ...own];
  if (paths.length === 0) return undefined;
  const verb = paths.length === 1 ? "sets" : "set";
  const person = shared.length > 0 ? "An operator" : "The user";
  return `${paths.join(", ")} ${verb} CLAUDE_CODE_OAUTH_TOKEN, which outranks this login in every session. ${person} removes that line and starts the sessions again.`;
}
