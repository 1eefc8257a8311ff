/** One report from the two axes: the login's, and the backup's. Pure. */
import { plainText } from "../lib/expected-error.ts";
import { BACKUP_STATES, isWorse, SHARED_TOKEN, type Word } from "../contract/agent-classes.ts";
import type { AgentConfig } from "./config.ts";
import type { AxisState } from "./decision/backup-axis.ts";
import { exitCodeOf, type Judgement } from "./decision/consequences.ts";
import { remedyFor, remedyForBackup } from "./remedies.ts";
import { withoutSecrets, type Report } from "../contract/agent-report.ts";
import type { SharedToken } from "../claude/shared-token.ts";

/** Everything that a full run has found out. */
export interface Findings {
  readonly judgement: Judgement;
  /** In words, without the remedy. */
  readonly why: string | undefined;
  readonly axis: AxisState;
  readonly sharedToken: SharedToken;
  /** What was put right on the way. */
  readonly mended: string | undefined;
  readonly claude: string | undefined;
  readonly vaultTtlSeconds: number | undefined;
}

/**
 * The worse word of both axes is the report's. Its reason is the login's as long as that is as bad: Vault's trouble must
 * not hide a dead login, and never makes a login look dead.
 */
export function reportOf(config: AgentConfig, findings: Findings): Report {
  const { judgement, axis, sharedToken } = findings;
  const backup = BACKUP_STATES[axis.state];
  const shared = wordOfShared(sharedToken);
  const mended: Word = findings.mended === undefined ? "OK" : "WARN";
  const worst = [backup.word, shared, mended].reduce((a, b) => (isWorse(b, a) ? b : a), judgement.word);
  const own = exitCodeOf(judgement);
  const base = {
    user: config.user,
    fleet: config.fleet,
    word: worst,
    class: judgement.class,
    backup: axis.state,
    claude: findings.claude,
    vaultTtlSeconds: findings.vaultTtlSeconds,
    why: sentence([
      join(cut(findings.why), judgement.word === "OK" ? undefined : remedyFor(judgement.reason, config)),
      // What is not stored because the login is in trouble needs no words of its own.
      judgement.class === "ok" || backup.word === "FAIL"
        ? join(axis.why, remedyForBackup(axis.state, config))
        : undefined,
      ...sharedWords(sharedToken),
      findings.mended,
    ]),
  };
  // Without a failure of another axis the reason stays the login's: nothing is the matter with the login.
  if (worst !== "FAIL" || judgement.word === "FAIL" || own !== 0)
    return { ...base, reason: judgement.reason, exitCode: own };
  return backup.word === "FAIL"
    ? { ...base, reason: axis.state, exitCode: backup.exit }
    : { ...base, reason: SHARED_TOKEN.reason, exitCode: SHARED_TOKEN.exit };
}

/**
 * A token that everybody on the host inherits makes all of them one identity: a person must act. One in the user's own
 * files outranks the login that is proven here, and may be what the user wants.
 */
function wordOfShared({ shared, own }: SharedToken): Word {
  if (shared.length > 0) return "FAIL";
  return own.length > 0 ? "WARN" : "OK";
}

function sharedWords({ shared, own }: SharedToken): readonly string[] {
  const paths = [...shared, ...own];
  if (paths.length === 0) return [];
  const whose = shared.length > 0 ? "an operator removes" : "the user removes";
  return [
    `${paths.join(", ")} set${paths.length === 1 ? "s" : ""} CLAUDE_CODE_OAUTH_TOKEN, which outranks this login in every session: ${whose} that line, and sessions are started anew`,
  ];
}

/** Others' words may be long; the command that follows them must stay within the line. */
function cut(text: string | undefined): string | undefined {
  return text === undefined ? undefined : plainText(text, 260);
}

function join(what: string | undefined, remedy: string | undefined): string | undefined {
  if (what === undefined) return remedy;
  return remedy === undefined ? what : `${what}; ${remedy}`;
}

function sentence(parts: readonly (string | undefined)[]): string | undefined {
  const said = parts.filter((part) => part !== undefined && part !== "");
  if (said.length === 0) return undefined;
  return withoutSecrets(said.join(". "));
}
