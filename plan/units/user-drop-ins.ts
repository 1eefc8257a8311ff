/** A user's drop-ins that need the account's number and home: the host alone can render them. */
import { posix } from "node:path";
import { userPlaces } from "../../contract/agent-places.ts";
import { dropInPath, userBackup, userPath, userRecheck, userService } from "./names.ts";

/** What a user's drop-ins are made from: what the host knows about the account, and what the plan says. */
export interface DropInFacts {
  readonly user: string;
  /** Number of the account on this host. */
  readonly uid: number;
  /** The account's home on this host. */
  readonly home: string;
  /** Absolute path of the user's CLI; undefined: found by the agent. */
  readonly claude: string | undefined;
  readonly fleet: string;
  readonly claudeWaitSeconds: number;
  /** Until a backup that is pending is tried again. */
  readonly backupRetrySeconds: number;
}

/** A drop-in as it lies on the host. */
export interface DropIn {
  readonly path: string;
  readonly content: string;
}

/** Paths of the drop-ins that {@link userDropIns} renders. */
export function userDropInPaths(user: string): readonly string[] {
  return [userService(user), userBackup(user), userRecheck(user), userPath(user)].map(dropInPath);
}

/**
 * A user's drop-ins of the three services and of the path unit.
 * @throws RangeError for root's account, and for a home or CLI that no unit file can name
 */
export function userDropIns(facts: DropInFacts): readonly DropIn[] {
  const heading = `# Written by claude-fleet for ${facts.user} in the fleet ${facts.fleet}; edits are undone.`;
  const [service = "", backup = "", recheck = "", path = ""] = userDropInPaths(facts.user);
  const paused = `ConditionPathExists=!/etc/claude-fleet/${facts.fleet}/pause/${facts.user}`;
  // A pause must also end the retries of a backup that is pending.
  const storing = `${heading}\n[Unit]\n${paused}\n\n${serviceSection(facts)}RestartSec=${facts.backupRetrySeconds}\n`;
  return [
    { path: service, content: `${heading}\n${serviceSection(facts)}` },
    { path: backup, content: storing },
    { path: recheck, content: storing },
    { path, content: `${heading}\n${pathSection(facts)}` },
  ];
}

const LONGEST_RUN_CLIS = 6;

/**
 * The start's time limit is a last resort against an agent that hangs, and must lie beyond the longest run: an earlier
 * CLI, a probe and its repetition, a restore, a probe of a login that somebody has put there meanwhile, and the look at
 * its identity, with the waits for locks and re-reads between. Reaching it ends nothing but the agent's wait.
 */
function serviceSection(facts: DropInFacts): string {
  if (!Number.isSafeInteger(facts.uid) || facts.uid < 1) {
    throw new RangeError(`The account ${facts.user} has the number ${facts.uid}; renewal is not for root.`);
  }
  const variables = [`CLAUDE_FLEET=${facts.fleet}`];
  if (facts.claude !== undefined) variables.push(`CLAUDE_FLEET_CLI=${unitPath(facts.claude)}`);
  return `[Service]
User=${facts.uid}
${variables.map((variable) => `Environment=${quoted(variable)}`).join("\n")}
ReadWritePaths=${quoted(`-${unitPath(facts.home)}`)}
TimeoutStartSec=${LONGEST_RUN_CLIS * facts.claudeWaitSeconds + 1800}
`;
}

/** `PathChanged=` takes the rest of its line as it stands; only specifiers mean something in it. */
function pathSection({ home }: DropInFacts): string {
  // The login itself, and the mark of a full run whose backup has to wait for Vault.
  const watched = [posix.join(unitPath(home), ".claude/.credentials.json"), userPlaces(home).pending];
  return `[Path]
PathChanged=
${watched.map((path) => `PathChanged=${path.replaceAll("%", "%%")}`).join("\n")}
`;
}

/** A path as it is; what a unit file cannot hold is refused. */
function unitPath(path: string): string {
  if (
    !path.startsWith("/") ||
    path === "/" ||
    posix.normalize(path) !== path ||
    /[\p{C}\p{Zl}\p{Zp}]/u.test(path)
  ) {
    throw new RangeError(`${JSON.stringify(path)} is not an absolute path that a unit file can name.`);
  }
  return path;
}

/** One word of a unit file. Source: https://www.freedesktop.org/software/systemd/man/252/systemd.syntax.html#Quoting */
function quoted(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return `"${escaped}"`;
}
