/** Asks services again and again whether they answer, and tells when they did not. */
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two questions to a service. */
const POLL_MS = 20;
/** So many milliseconds may a service of a busy machine take to answer; one that is away refuses at once. */
const PATIENCE_MS = 10_000;

/** A time without an answer, in milliseconds of the process's clock: from the last answer before it to the first after. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

/** By service: its gaps, in their order. */
export type Gaps = ReadonlyMap<string, readonly Gap[]>;

/**
 * Polls all services while `work` runs.
 * @param ports by service: where it answers on loopback
 */
export async function watchAnswers(
  ports: ReadonlyMap<string, number>,
  work: () => Promise<unknown>,
): Promise<Gaps> {
  const done = new AbortController();
  const watches = [...ports].map(
    async ([service, port]) => [service, await watchOne(port, done.signal)] as const,
  );
  try {
    await work();
  } finally {
    done.abort();
  }
  return new Map(await Promise.all(watches));
}

async function watchOne(port: number, done: AbortSignal): Promise<readonly Gap[]> {
  const gaps: Gap[] = [];
  let lastAnswer = performance.now();
  let away = false;
  while (!done.aborted) {
    const asked = performance.now();
    if (await answers(port)) {
      if (away) gaps.push({ from: lastAnswer, to: performance.now() });
      away = false;
      lastAnswer = performance.now();
    } else away = true;
    await sleep(Math.max(0, POLL_MS - (performance.now() - asked)));
  }
  if (away) gaps.push({ from: lastAnswer, to: performance.now() });
  return gaps;
}

/** Any answer counts: whether the service is well is another question. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/healthz", agent: false, timeout: PATIENCE_MS });
    request.on("response", (response) => {
      response.resume();
      resolve(true);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}

/** The most services that were away at the same moment. */
export function awayTogether(gaps: Gaps): number {
  const all = [...gaps.values()].flat();
  const counts = all.map(({ from }) => all.filter((gap) => gap.from <= from && from < gap.to).length);
  return Math.max(0, ...counts);
}

/** Seconds in which at least one service was away. */
export function secondsWithAnyAway(gaps: Gaps): number {
  const all = [...gaps.values()].flat().toSorted((a, b) => a.from - b.from);
  let seconds = 0;
  let covered = -Infinity;
  for (const { from, to } of all) {
    if (to > covered) seconds += (to - Math.max(from, covered)) / 1000;
    covered = Math.max(covered, to);
  }
  return seconds;
}

/** Seconds in which each service was away, in the order of `gaps`. */
export function secondsAway(gaps: Gaps): readonly number[] {
  return [...gaps.values()].map((list) => list.reduce((sum, { from, to }) => sum + (to - from) / 1000, 0));
}
