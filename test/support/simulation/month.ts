/**
 * Four weeks of a person who types a short CLI command every few minutes. Half of the commands that refresh die before they
 * write. The agent runs by its timer. A month can also have the runs of access tokens that enter the CLI's refresh window.
 */
import { dueRuns, dueUsers } from "../../../plan/due-runs.ts";
import { agentStatus } from "../../../contract/agent-status.ts";
import { parseJson } from "../../../lib/parse-json.ts";
import type { ClaudeVersion } from "./claude-texts.ts";
import { CONFIG, EMAIL, LOGIN_FILE, PLACES } from "./places.ts";
import { Random } from "./random.ts";
import { accessTokenIn } from "./tokens.ts";
import { Workstation } from "./workstation.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS = 28;
/** The timer's interval, and how much later than planned it may elapse. */
const EVERY_MS = 6 * HOUR;
const TIMER_ACCURACY_MS = MINUTE;
/** The same of the collector's timer. */
const COLLECTOR_ACCURACY_MS = 5 * SECOND;
/** From the start of a service to the first step of the agent: Node and the unit's sandbox. */
const BOOT_MS = 2 * SECOND;

/** How a month goes. */
export interface Month {
  readonly version: ClaudeVersion;
  /** Whether root starts the runs of tokens that end soon. */
  readonly scheduled: boolean;
  /** Each run begins up to this much later. */
  readonly lateMs: number;
  /** Whether Vault is away for six of every twelve hours. */
  readonly vaultAway: boolean;
  /** Whether the host sleeps for nine hours a day, each day at another hour. */
  readonly sleeps: boolean;
}

/** What became of the login. */
export interface MonthEnd {
  /** How often the login died, and the person signed in again. */
  readonly deaths: number;
  /** Refreshes by the agent's CLI, and all. */
  readonly byAgent: number;
  readonly refreshes: number;
  readonly runs: number;
}

/** Lives through a month. */
export async function liveMonth(seed: number, month: Month): Promise<MonthEnd> {
  const random = new Random(seed);
  const host = new Workstation(random.fork(), { agent: month.version, sessions: month.version });
  const { kernel, vault, server } = host;
  const start = kernel.now;
  const end = start + DAYS * DAY;
  // Each part draws from its own source, so that the person types the same with and without the schedule.
  const [typing, lateness, beginnings] = [random.fork(), random.fork(), random.fork()];
  const wakesAt = (at: number): number => {
    if (!month.sleeps) return at;
    const day = Math.floor((at - start) / DAY);
    const from = start + day * DAY + ((day * 5) % 15) * HOUR;
    return at >= from && at < from + 9 * HOUR ? from + 9 * HOUR : at;
  };
  let deaths = 0;

  /** When systemd started the service last, and whether its agent has not begun yet. */
  let started: number | undefined;
  let beginning = false;
  const run = (at: number) =>
    kernel.at(wakesAt(at), () => {
      if (beginning || host.isActive("run")) return;
      [started, beginning] = [kernel.wallClock(), true];
      const later = BOOT_MS * beginnings.next() + month.lateMs * lateness.next();
      kernel.at(wakesAt(kernel.now + later), () => {
        beginning = false;
        host.startAgent("run");
      });
    });
  const type = () => {
    if (kernel.now > end) return;
    if (accessTokenIn(host.disk.text(LOGIN_FILE)) === "") {
      deaths++;
      host.signIn(EMAIL);
    } else host.startCommand(typing.chance(0.5));
    const next = kernel.now + (2 + 6 * typing.next()) * MINUTE;
    // A person who comes back to a host that slept types within the same minutes.
    const awake = wakesAt(next);
    kernel.at(awake === next ? next : awake + 8 * MINUTE * typing.next(), type);
  };
  const collect = () => {
    if (kernel.now > end) return;
    for (const { startAt } of dueStarts(host, started)) run(startAt);
    const next = (Math.floor(kernel.now / MINUTE) + 1) * MINUTE;
    kernel.at(wakesAt(next) + COLLECTOR_ACCURACY_MS * beginnings.next(), collect);
  };
  for (let at = start; at < end; at += EVERY_MS) {
    run(wakesAt(at) + TIMER_ACCURACY_MS * beginnings.next());
    if (!month.vaultAway || at % (2 * EVERY_MS) !== 0) continue;
    kernel.at(at + EVERY_MS / 2, () => (vault.mood = "unreachable"));
    kernel.at(at + (EVERY_MS * 3) / 2, () => (vault.mood = "up"));
  }
  host.signIn(EMAIL);
  kernel.at(start + MINUTE, type);
  if (month.scheduled) kernel.at(start + MINUTE, collect);
  await kernel.pass(end - start);

  const agents = new Set(host.agentsClaudes.map(({ process }) => process.pid));
  const byAgent = server.sent.filter(({ by, usedUp }) => usedUp === undefined && agents.has(by.pid)).length;
  return {
    ...{ deaths, byAgent, refreshes: server.refreshes },
    runs: host.runs.filter(({ mode }) => mode === "run").length,
  };
}

/** Returns what the collector starts. @param started when the service was started last */
function dueStarts(host: Workstation, started: number | undefined) {
  const status = agentStatus.safeParse(parseJson(host.disk.text(PLACES.status) ?? ""));
  if (!status.success) return [];
  const now = host.kernel.wallClock();
  const known = { renewed: true, enrolled: true, paused: false, nextRunAt: now + EVERY_MS };
  const facts = {
    fleet: CONFIG.fleet,
    workstation: "devvm",
    user: CONFIG.user,
    ...known,
    status: status.data,
  };
  return dueRuns(dueUsers([facts], now), now, () => started);
}
