/** Renders a user's drop-ins. They need the account's number and home, so the host renders them. */
import { CREDENTIALS_BELOW_HOME } from "../../claude/credentials.ts";
import { posix } from "node:path";
import { userPlaces } from "../../contract/agent-places.ts";
import { dropInPath, userBackup, userNowPath, userPath, userRecheck, userService } from "./names.ts";

/** Facts for a user's drop-ins, from the account on the host and from the plan. */
export interface DropInFacts {
  readonly user: string;
  /** The account's uid on this host. */
  readonly uid: number;
  /** The account's home on this host. */
  readonly home: string;
  /** Absolute path of the user's CLI. Undefined: the agent finds it. */
  readonly claude: string | undefined;
  readonly fleet: string;
  readonly claudeWaitSeconds: number;
  /** Wait before a pending backup is tried again. */
  readonly backupRetrySeconds: number;
}

/** A drop-in on the host. */
export interface DropIn {
  readonly path: string;
  readonly content: string;
}

/** Returns the paths of the drop-ins that {@link userDropIns} renders. */
export function userDropInPaths(user: string): readonly string[] {
  return [userService, userBackup, userRecheck, userPath, userNowPath].map((unit) => dropInPath(unit(user)));
}

/**
 * Returns a user's drop-ins for the three services and the two path units.
 * @throws RangeError for root's account, and for the path of a home or CLI that a unit file cannot hold
 */
export function userDropIns(facts: DropInFacts): readonly DropIn[] {
  const heading = `# Written by claude-fleet for ${facts.user} in the fleet ${facts.fleet}; edits are undone.`;
  const [service = "", backup = "", recheck = "", path = "", now = ""] = userDropInPaths(facts.user);
  const paused = `ConditionPathExists=!/etc/claude-fleet/${facts.fleet}/pause/${facts.user}`;
  // A pause must also end the retries of a pending backup.
  const storing = `${heading}\n[Unit]\n${paused}\n\n${serviceSection(facts)}RestartSec=${facts.backupRetrySeconds}\n`;
  return [
    { path: service, content: `${heading}\n${serviceSection(facts)}` },
    { path: backup, content: storing },
    { path: recheck, content: storing },
    // The login itself, and the pending marker of a full run whose backup waits for Vault.
    { path, content: `${heading}\n${pathSection(facts, CREDENTIALS_BELOW_HOME, PENDING)}` },
    { path: now, content: `${heading}\n${pathSection(facts, REQUEST)}` },
  ];
}

const LONGEST_RUN_CLIS = 8;

/**
 * Returns the section of a service. The time limit of a start is a last resort against an agent that hangs, so it must be
 * longer than the longest run. The longest run waits for an earlier CLI, for a probe and its repetition, and for a restore.
 * It also waits for the probe of a new login, for the check of its identity, for locks, and for another run. The limit ends
 * only the agent's wait.
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

/** Files below a home that path units watch. */
const [PENDING, REQUEST] = [userPlaces("/").pending, userPlaces("/").request];

/** Returns the section of a path unit. `PathChanged=` takes the rest of its line literally, except for specifiers. */
function pathSection({ home }: DropInFacts, ...below: readonly string[]): string {
  const watched = below.map((path) => posix.join(unitPath(home), path));
  return `[Path]
PathChanged=
${watched.map((path) => `PathChanged=${path.replaceAll("%", "%%")}`).join("\n")}
`;
}

/** Returns the path. @throws RangeError for a path that a unit file cannot hold */
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

/** Quotes a word of a unit file. Source: https://www.freedesktop.org/software/systemd/man/252/systemd.syntax.html#Quoting */
function quoted(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return `"${escaped}"`;
}
