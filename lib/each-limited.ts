/** Runs work on many items, a few at the same time. */
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Maps `items` and keeps their order. At most `limit` calls run at the same time; a call no longer counts when it has run
 * for `patienceMs`. Rejects with the first rejection.
 */
export async function eachLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
  patienceMs?: number,
): Promise<R[]> {
  const calls = new Array<Promise<R>>(items.length);
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      const call = (calls[index] = work(item));
      await (patienceMs === undefined
        ? call
        : Promise.race([call, sleep(patienceMs, undefined, { ref: false })]));
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return Promise.all(calls);
}
