/** How often a host's shell is opened before the operator gives up, and when another attempt may help. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "./ssh-failures.ts";

/** Attempts, with one more second of waiting before each. */
const ATTEMPTS = 3;

/** ssh's own exit code for a connection that failed; see ssh(1), "EXIT STATUS". */
const SSH_FAILED = 255;

/** Makes attempts until one of them needs no other, or all are used up. Returns what the last one found. */
export async function withAttempts<T>(
  attempt: () => Promise<{ readonly outcome: T; readonly retry: boolean }>,
): Promise<T> {
  for (let made = 1; ; made++) {
    const { outcome, retry } = await attempt();
    if (!retry || made === ATTEMPTS) return outcome;
    await sleep(made * 1000);
  }
}

/** Whether another attempt may help: ssh's connection was cut, or turned away for load. Refusals are final. */
export function isPassing({ code, stderr }: Failure): boolean {
  return (
    code === SSH_FAILED && /Connection (reset|closed)|kex_exchange_identification|Broken pipe/i.test(stderr)
  );
}
