/** One schedule: a seed decides what happens to one workstation. The same seed gives the same schedule. */
import type { Mode } from "../../../agent/run.ts";
import { drawHappening, happen, heal, type HappeningName } from "./events.ts";
import { CONFIG, EMAIL, LOGIN_FILE, PLACES } from "./places.ts";
import { Random } from "./random.ts";
import { refreshTokenIn } from "./tokens.ts";
import type { Violation } from "./truth.ts";
import { Workstation } from "./workstation.ts";
import type { Counts } from "./host.ts";

/** How a schedule went. */
export interface ScheduleEnd {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly counts: Counts;
  readonly steps: number;
  /** What happened, when tracing was on. */
  readonly log: readonly string[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Events happen within this many steps of a run. */
const STEPS = 200;

/** Runs the schedule of one seed. @param disturb see {@link Workstation} */
export async function runSchedule(
  seed: number,
  {
    tracing = false,
    disturb,
  }: { readonly tracing?: boolean; readonly disturb?: Workstation["disturb"] } = {},
): Promise<ScheduleEnd> {
  const random = new Random(seed);
  const version = random.pick(["2.1.330", "2.1.330", "2.1.197"] as const);
  const host = new Workstation(random.fork(), {
    agent: version,
    sessions: random.chance(0.8) ? version : "2.1.197",
  });
  if (disturb !== undefined) host.disturb = disturb;
  const { truth } = host;
  truth.tracing = tracing;
  truth.mild = random.chance(0.2);
  try {
    await begin(host, random);
    const rounds = random.whole(2, 5);
    for (let round = 0; round < rounds; round++) await oneRound(host, random);
    await end(host);
  } catch (error) {
    truth.violate("run", error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    seed,
    violations: truth.violations,
    counts: truth.counts,
    steps: host.kernel.steps,
    log: truth.log,
  };
}

/** Begins, mostly with a login that a run has stored. */
async function begin(host: Workstation, random: Random): Promise<void> {
  const { truth } = host;
  if (!truth.mild && random.chance(0.05)) return;
  const login = host.signIn(EMAIL);
  await host.kernel.runUntil(() => !login.alive, host.kernel.now + HOUR);
  if (random.chance(0.5)) {
    host.storeMcp();
    await host.kernel.pass(MINUTE);
  }
  if (random.chance(0.1)) return;
  await oneRun(host, "run");
}

/** Lets time pass, makes some trouble, and runs the agent while more happens. */
async function oneRound(host: Workstation, random: Random): Promise<void> {
  const { kernel, truth } = host;
  await kernel.pass(
    random.pick([MINUTE, HOUR, 6 * HOUR, 8 * HOUR - 4 * MINUTE, 9 * HOUR]) * (0.9 + random.next() / 5),
  );
  if (random.chance(0.4)) heal(host);
  for (let count = random.whole(0, 2); count > 0; count--) {
    happen(host, drawHappening(random, truth.mild), random);
    if (random.chance(0.5)) await kernel.pass(random.pick([10, 1000, 3 * MINUTE]) * random.next());
  }
  if (!truth.mild && random.chance(0.25)) return restoreRound(host, random);
  const mode: Mode = random.chance(0.85) ? "run" : "backup";
  if (host.isActive(mode)) return;
  await oneRun(host, mode, drawTriggers(random, truth.mild), random);
}

/** What happens during the last steps of a restore. */
const MEETING: readonly HappeningName[] = [
  "a session stores mcpOAuth",
  "a session stores mcpOAuth",
  "a person signs in",
  "a session asks",
  "the power fails",
  "the agent is killed",
  "Vault is in trouble",
];

/** Removes the login, but not the other keys. Other processes write while the login is restored. */
async function restoreRound(host: Workstation, random: Random): Promise<void> {
  happen(host, random.pick(["a person removes the file", "a tool tears the file"] as const), random);
  if (random.chance(0.7)) host.storeMcp();
  await host.kernel.pass(1000);
  if (host.isActive("run")) return;
  const meeting = random.pick(MEETING);
  const wait = random.next() * 25;
  host.whenPutting = () => host.kernel.at(host.kernel.now + wait, () => happen(host, meeting, random));
  const triggers = Array.from({ length: random.whole(0, 3) }, (): Trigger => [
    random.whole(90, 180),
    random.pick(MEETING),
  ]);
  await oneRun(
    host,
    "run",
    triggers.sort(([a], [b]) => a - b),
    random,
  );
  host.whenPutting = undefined;
}

type Trigger = readonly [step: number, name: HappeningName];

function drawTriggers(random: Random, mild: boolean): readonly Trigger[] {
  const many = random.chance(0.3) ? 9 : 3;
  return Array.from({ length: random.whole(0, many) }, (): Trigger => [
    random.whole(1, STEPS),
    drawHappening(random, mild),
  ]).sort(([a], [b]) => a - b);
}

async function oneRun(
  host: Workstation,
  mode: Mode,
  triggers: readonly Trigger[] = [],
  random = host.random,
): Promise<void> {
  const { kernel } = host;
  const { process } = host.startAgent(mode);
  let next = 0;
  process.afterStep = () => {
    for (
      let trigger = triggers[next];
      trigger !== undefined && trigger[0] <= process.taken;
      trigger = triggers[++next]
    )
      happen(host, trigger[1], random);
  };
  // A run waits at most three times for a CLI and for its locks.
  await kernel.runUntil(() => !process.alive, kernel.now + 6 * CONFIG.claudeWaitSeconds * 1000);
}

/** Ends all trouble. A live login must then be proven and stored within a few runs. */
async function end(host: Workstation): Promise<void> {
  const { kernel, truth, disk, vault, server } = host;
  heal(host);
  await kernel.pass(40 * MINUTE);
  heal(host);
  for (let run = 0; run < 3; run++) {
    while (host.isActive("run")) await kernel.pass(MINUTE);
    await oneRun(host, "run");
    await kernel.pass(30 * MINUTE);
  }
  truth.checkServer();
  const { login } = truth;
  const token = refreshTokenIn(disk.text(LOGIN_FILE));
  if (login === undefined || token === undefined || !server.isLive(token) || server.grantOf(token) !== login)
    return;
  const last = host.runs.findLast((run) => run.mode === "run")?.end?.report;
  if (last?.class !== "ok")
    truth.violate("liveness", `the login is alive, but the last run said ${last?.class} ${last?.reason}`);
  const stored = JSON.stringify(vault.newest ?? {});
  if (!stored.includes(token))
    truth.violate(
      "liveness",
      `${token} is proven, but not in Vault (backup ${last?.backup}); agent state: ${disk.text(PLACES.agentState)}`,
    );
}
