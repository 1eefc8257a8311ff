/** Counts the lines of a container's log that hold certain texts. Never stores the log. */
import { runProcess } from "../../lib/run-process.ts";
import { engineVariables } from "../docker.ts";
import type { Logs } from "../../contract/rotation.ts";

/** Holds how many lines have a text of each kind. */
export type LineCounts = Record<"noise" | "refused" | "fallback" | "subscription", number>;

const DEADLINE_MS = 60_000;

/** Adds one line to `counts`: at most one for each kind. */
export function countLine(counts: LineCounts, line: string, logs: Logs): void {
  for (const kind of ["noise", "refused", "fallback", "subscription"] as const) {
    if (logs[kind].some((text) => line.includes(text))) counts[kind]++;
  }
}

/** Returns when counting begins: at the container's start, or at the start of the window if that is later. RFC 3339. */
export function countingFrom(startedAt: string, windowSeconds: number, nowMs: number): string {
  const start = Date.parse(startedAt);
  const window = nowMs - windowSeconds * 1000;
  return new Date(Number.isNaN(start) ? window : Math.max(start, window)).toISOString();
}

/** Counts a container's lines since a time; undefined when its log cannot be read. */
export async function countLines(
  container: string,
  since: string,
  logs: Logs,
): Promise<LineCounts | undefined> {
  const counts: LineCounts = { noise: 0, refused: 0, fallback: 0, subscription: 0 };
  // Docker keeps the container's two outputs apart. Its own children may outlive it, such as ssh to a remote engine.
  const end = await runProcess("docker", ["logs", "--since", since, container], {
    env: engineVariables(),
    deadlineMs: DEADLINE_MS,
    maxOutputBytes: Infinity,
    hear: (line) => countLine(counts, line, logs),
  });
  return end.code === 0 ? counts : undefined;
}
