/** What must hold when a run of the agent has come to its own end. */
import { OWN_TEMPORARY } from "../../../agent/files.ts";
import type { ClaudeProcess } from "./claude-process.ts";
import { HOME } from "../fakes/fake-agent.ts";
import { LOGIN_FILE, PLACES } from "./places.ts";
import { refreshTokenIn } from "./tokens.ts";
import type { AgentRun, SimulatedHost, Witness } from "./host.ts";

/** What was seen of a run. */
export interface Watch {
  readonly run: AgentRun;
  /** What it has read in the credentials file last. */
  read: string | undefined;
  readonly homeAtStart: string | undefined;
  /** CLIs that it has asked. */
  readonly asked: ClaudeProcess[];
}

/** OK means that the API has answered one of the run's own CLIs. */
export function checkOk({ server }: SimulatedHost, witness: Witness, { run, asked }: Watch): void {
  const pids = new Set(asked.map(({ process }) => process.pid));
  const answered = server.accepted.some(({ at, by }) => at >= run.startedAt && pids.has(by.pid));
  if (!answered) witness.violate("ok", "a run said OK, and none of its CLIs was answered by the API");
}

/** A login is called dead only when it is. */
export function checkDead({ disk, server }: SimulatedHost, witness: Witness, watch: Watch): void {
  const text = disk.text(LOGIN_FILE);
  const token = refreshTokenIn(text);
  const lives = token !== undefined && server.isLive(token);
  if (lives && text === watch.homeAtStart)
    witness.violate("false alarm", `a run called the login dead, while ${token} in the home lives`);
  if (witness.mild)
    witness.violate("false alarm", "a run called the login dead after nothing but passing trouble");
}

/** No token stays in a file that only a run needs. */
export function checkLeftovers({ disk, agentsClaudes }: SimulatedHost, witness: Witness): void {
  if (agentsClaudes.some(({ process }) => process.alive)) return;
  const restoring = /"restore":\{/.test(disk.text(PLACES.agentState) ?? "");
  for (const [path, text] of disk.files(HOME)) {
    if (!/[AR]T-\d+-g\d+;/.test(text)) continue;
    const name = path.slice(path.lastIndexOf("/") + 1);
    const inScratch = path.startsWith(`${PLACES.scratch}/`);
    if (OWN_TEMPORARY.test(name) || path.startsWith(`${PLACES.identity}/`) || (inScratch && !restoring))
      witness.violate("leftover", `${path} holds a token after a run`);
  }
}
