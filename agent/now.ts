/**
 * `claude-auth-sync now`: a user asks for the proof of their own login. The command only writes a request and reads the
 * answer. The run is systemd's, so that Ctrl-C ends the command and never a CLI in the middle of a refresh.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { userPlaces } from "../contract/agent-places.ts";
import { SECONDS_PER_REQUEST, type RunAnswer } from "../contract/requested-run.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import type { Machine } from "../lib/machine-ports.ts";
import { storeFile } from "./files.ts";
import { readAnswer, readRequest } from "./requested-run.ts";

/** What the command needs besides clock and files. */
export interface NowWorld extends Machine {
  /** Returns whether an agent of this user is running. */
  agentRuns(): Promise<boolean>;
  /** Says what the command waits for. */
  progress(sentence: string): void;
}

const POLL_MS = 250;
/** Polls before the first progress, and between two. */
const FIRST_PROGRESS = 8;
const PROGRESS = 40;
/** Polls between two reminders: systemd does not notice a request while it counts the seconds since the former one. */
const REMINDER = 20;
/** Polls without an agent after which the host counts as silent. */
const SILENCE = ((SECONDS_PER_REQUEST + 15) * 1000) / POLL_MS;
/** Agents that may end without an answer: a run that began before the request, and a backup before and after it. */
const UNANSWERED = 3;

/**
 * Asks for a run of the user with this home, and waits for its end.
 * @throws {ExpectedError} when the host starts no run, or runs end without an answer
 */
export async function now(
  world: NowWorld,
  { home, user }: { home: string; user: string },
): Promise<RunAnswer> {
  const { state, request: path } = userPlaces(home);
  await world.files.makeFolder(state);
  await sayTooOften(world, path);
  await storeFile(world, path, `${world.random(16)}\n`);
  let [silent, ended, ran] = [0, 0, false];
  for (let poll = 1; ; poll++) {
    // Another `now` of this user may have replaced the request. Its run begins later, so its answer counts for both.
    const [request, answer] = [await readRequest(world, home), await readAnswer(world, home)];
    if (answer !== undefined && answer.request === request) return answer;
    const runs = await world.agentRuns();
    if (ran && !runs) ended++;
    if (ended > UNANSWERED) {
      throw new ExpectedError(
        `Runs of ${user} end without an answer; read the last lines of ${userPlaces(home).log}.`,
      );
    }
    silent = runs ? 0 : silent + 1;
    if (silent > SILENCE) throw new ExpectedError(silence(user));
    if (silent % REMINDER === REMINDER - 1) await world.files.touch(path, world.clock.now());
    if (poll === FIRST_PROGRESS || poll % PROGRESS === 0) {
      world.progress(runs ? "A run is under way." : "Waiting for the host to start the run.");
    }
    ran = runs;
    await world.clock.sleep(POLL_MS);
  }
}

/** Says that the request will wait, when the former request is not old enough. */
async function sayTooOften(world: NowWorld, path: string): Promise<void> {
  const former = await world.files.state(path);
  if (former === undefined) return;
  const left = SECONDS_PER_REQUEST - (world.clock.now() - former.mtimeMs) / 1000;
  if (left <= 0 || left > SECONDS_PER_REQUEST) return;
  world.progress(
    `Asked too often: the host starts one run in ${SECONDS_PER_REQUEST} s on request. This request waits for ${Math.ceil(left)} s.`,
  );
}

function silence(user: string): string {
  const seconds = (SILENCE * POLL_MS) / 1000;
  return `The host has started no run for ${seconds} s. An operator runs \`npx claude-fleet check ${user}\`, or looks at \`systemctl status claude-auth-sync-now@${user}.path\` on this host.`;
}

/** Returns whether a `run` or `backup` of the agent is a process of this user. */
export async function agentRuns(): Promise<boolean> {
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    // A process may end meanwhile. Those of other users may be hidden, and have other homes.
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
    const program = words.findIndex((word) => basename(word) === "program.cjs");
    if (
      program < 0 ||
      words[program + 1] !== "agent" ||
      !["run", "backup"].includes(words[program + 2] ?? "")
    )
      continue;
    if (await isOwn(pid)) return true;
  }
  return false;
}

async function isOwn(pid: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) === process.getuid?.();
}
