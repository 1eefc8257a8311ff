/** `run-agent`: starts a user's agent now, and passes on its lines while it runs. */
import { ExpectedError } from "../../lib/expected-error.ts";
import type { ProcessEnd } from "../../lib/process.ts";
import { userBackup, userRecheck, userService } from "../../plan/units/names.ts";
import { PROTOCOL_LIMITS } from "../../contract/protocol-limits.ts";
import type { AgentRun } from "../../contract/user-run.ts";
import type { Session } from "../session.ts";
import type { HostSystem } from "../system.ts";
import { propertyOf, systemctl, unitStates } from "../systemd.ts";
import type { TargetUser } from "./find-user.ts";
import { plainText } from "../../lib/printable.ts";

const POLL_MS = 500;
const BEGIN_POLL_MS = 50;
/** Polls between two progress events. */
const PROGRESS_POLLS = 10;
/** How often a run is started while another run holds the agent's lock. */
const BUSY_ATTEMPTS = 3;

/**
 * Starts the service and follows it to its end. Follows a run that is under way instead. Passes on only the lines of this
 * run that journald attributes to the agent, because no other process can write those.
 * @throws {ExpectedError} when the service does not start, or the operator has gone; the run itself continues
 */
export async function runAgent(system: HostSystem, target: TargetUser, session: Session): Promise<AgentRun> {
  for (let attempt = 1; ; attempt++) {
    await backupEnded(system, target, session);
    const run = await runOnce(system, target, session);
    // An agent of a former version does not wait for the run that the path unit has just started, and ends with 0.
    if (run.class !== "busy" || run.exitCode !== 0 || attempt === BUSY_ATTEMPTS) return run;
    await system.wait(POLL_MS);
  }
}

/** Waits for the backup that a changed login has started. A run started meanwhile would only repeat its work. */
async function backupEnded(system: HostSystem, { user }: TargetUser, session: Session): Promise<void> {
  for (let poll = 1; ; poll++) {
    const states = await unitStates(system, [userBackup(user.name), userRecheck(user.name)]);
    if (!states.some(({ active, sub }) => isRunning(active ?? "") && sub !== "auto-restart")) return;
    if (session.gone) throw new ExpectedError("The connection to the operator has ended.");
    if (poll % PROGRESS_POLLS === 1) session.progress(`the changed login of ${user.name} is being backed up`);
    await system.wait(POLL_MS);
  }
}

async function runOnce(
  system: HostSystem,
  { user, plan, record }: TargetUser,
  session: Session,
): Promise<AgentRun> {
  const unit = userService(user.name);
  const before = await stateOf(system, unit);
  const joined = isRunning(before.active);
  const start = joined ? undefined : starting(system, unit);
  if (joined) session.progress("a run is under way already; its result counts");

  const since = Math.floor(Date.now() / 1000);
  let invocation = joined ? before.invocation : "";
  const lines: string[] = [];
  for (let poll = 1; ; poll++) {
    const over = start?.end !== undefined;
    const state = await stateOf(system, unit);
    // systemd forgets a unit that has succeeded and that no timer holds, such as the service of a paused user.
    if (state.invocation !== "" && state.invocation !== before.invocation) invocation = state.invocation;
    // A run that ended before it was seen is known by the end of `systemctl start`.
    const begun = invocation !== "" || start?.end?.code === 0;
    const ended = begun && !isRunning(state.active);
    if (begun) {
      // The last lines of the agent may not be in the journal yet.
      if (ended) await system.journal(["--sync"]);
      for (const line of (await linesOf(system, unit, invocation, since)).slice(lines.length)) {
        lines.push(line);
        session.line(line);
      }
      if (ended) {
        const paused = await record.paused(user.name);
        const { exitCode, result } = state;
        const found = /(?:^| )class=([a-z][a-z-]{0,39})(?: |$)/.exec(lines.at(-1) ?? "")?.[1] ?? null;
        return { user: user.name, workstation: plan.host, exitCode, result, class: found, paused, lines };
      }
    } else if (over) {
      throw new ExpectedError(`${unit} does not start; run \`systemctl status ${unit}\` on ${plan.host}.`);
    }
    if (session.gone) throw new ExpectedError("The connection to the operator has ended; the run continues.");
    if (poll % PROGRESS_POLLS === 0) session.progress(`the run of ${user.name} is under way`);
    await system.wait(invocation === "" ? BEGIN_POLL_MS : POLL_MS);
  }
}

/** Starts the service. Sets `end` when systemctl has ended. */
function starting(system: HostSystem, unit: string): { end?: ProcessEnd } {
  const start: { end?: ProcessEnd } = {};
  void system.systemctl(["start", "--", unit]).then((end) => {
    // A run may outlast the deadline of systemctl. Then only the state of the unit shows its end.
    if (end.cut === undefined) start.end = end;
  });
  return start;
}

function isRunning(active: string): boolean {
  return active === "activating" || active === "active" || active === "deactivating";
}

async function stateOf(system: HostSystem, unit: string) {
  const properties = "--property=ActiveState,InvocationID,ExecMainStatus,Result";
  const text = await systemctl(system, ["show", properties, "--", unit]);
  return {
    active: propertyOf(text, "ActiveState"),
    invocation: propertyOf(text, "InvocationID"),
    exitCode: Number(propertyOf(text, "ExecMainStatus")) & 0xff,
    result: plainText(propertyOf(text, "Result"), 40),
  };
}

/** Returns the agent's lines of one run, or all since `since` where the invocation is unknown. Only journald sets fields that begin with an underscore. */
async function linesOf(
  system: HostSystem,
  unit: string,
  invocation: string,
  since: number,
): Promise<readonly string[]> {
  const known = /^[0-9a-f]{32}$/.test(invocation);
  const match = [
    known ? `_SYSTEMD_INVOCATION_ID=${invocation}` : `--since=@${since}`,
    `_SYSTEMD_UNIT=${unit}`,
  ];
  const most = `--lines=${PROTOCOL_LIMITS.linesOfRun}`;
  const end = await system.journal(["-t", "claude-auth-sync", "-o", "cat", most, ...match]);
  const lines = end.stdout.split("\n").map((line) => plainText(line, PROTOCOL_LIMITS.line));
  return lines.filter((line) => line !== "").slice(0, PROTOCOL_LIMITS.linesOfRun);
}
