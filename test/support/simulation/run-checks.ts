/** What must hold when a run of the agent has ended by itself. */
import { OWN_TEMPORARY } from "../../../agent/files.ts";
import type { ClaudeProcess } from "./claude-process.ts";
import { HOME } from "../fakes/fake-agent.ts";
import { LOGIN_FILE, PLACES } from "./places.ts";
import { refreshTokenIn } from "./tokens.ts";
import type { AgentRun, SimulatedHost, Witness } from "./host.ts";

/** What the simulation has seen of a run. */
export interface Watch {
  readonly run: AgentRun;
  /** The text that it read last in the credentials file. */
  read: string | undefined;
  readonly homeAtStart: string | undefined;
  /** The CLIs that it has asked. */
  readonly asked: ClaudeProcess[];
}

/** A run may say OK only when the API has answered one of its CLIs. */
export function checkOk({ server }: SimulatedHost, witness: Witness, { run, asked }: Watch): void {
  const pids = new Set(asked.map(({ process }) => process.pid));
  const answered = server.accepted.some(({ at, by }) => at >= run.startedAt && pids.has(by.pid));
  if (!answered) witness.violate("ok", "a run said OK, but the API answered none of its CLIs");
}

/** A run may call only a dead login dead. */
export function checkDead({ disk, server }: SimulatedHost, witness: Witness, watch: Watch): void {
  const text = disk.text(LOGIN_FILE);
  const token = refreshTokenIn(text);
  const lives = token !== undefined && server.isLive(token);
  if (lives && text === watch.homeAtStart)
    witness.violate("false alarm", `a run called the login dead, but ${token} in the home is alive`);
  if (witness.mild) witness.violate("false alarm", "a run called the login dead after passing trouble alone");
}

/** A run leaves no token in a file of its own. */
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
