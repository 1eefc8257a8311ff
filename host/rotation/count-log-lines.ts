/** Counts lines of a container's log by what they hold, without ever keeping the log. */
import { createInterface } from "node:readline";
import { start } from "../../lib/process.ts";
import { engineVariables } from "../docker.ts";
import type { Logs } from "../../contract/rotation.ts";

/** How many lines of a log hold one of a kind's texts. */
export type LineCounts = Record<"noise" | "refused" | "fallback" | "subscription", number>;

const DEADLINE_MS = 60_000;

/** Counts one line. Pure but for `counts`. */
export function countLine(counts: LineCounts, line: string, logs: Logs): void {
  for (const kind of ["noise", "refused", "fallback", "subscription"] as const) {
    if (logs[kind].some((text) => line.includes(text))) counts[kind]++;
  }
}

/** When counting begins: at the container's start, or at the window's if that is later. RFC 3339. */
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
  const child = start("docker", ["logs", "--since", since, container], {
    env: engineVariables(),
    stdin: "ignore",
    buffer: false,
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  // A container writes to both, and docker keeps them apart.
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input, crlfDelay: Infinity }).on("line", (line) => countLine(counts, line, logs));
  }
  return (await child).exitCode === 0 ? counts : undefined;
}
