/** Counts lines of a container's log by what they hold, without ever keeping the log. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
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

/** Counts what a container has said since then; undefined when its log cannot be read. */
export function countLines(container: string, since: string, logs: Logs): Promise<LineCounts | undefined> {
  const counts: LineCounts = { noise: 0, refused: 0, fallback: 0, subscription: 0 };
  const child = spawn("docker", ["logs", "--since", since, container], {
    env: engineVariables(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  // A container writes to both, and docker keeps them apart.
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) =>
      countLine(counts, line, logs),
    );
  }
  return new Promise((resolve) => {
    const settle = (value: LineCounts | undefined) => {
      clearTimeout(timer);
      resolve(value);
    };
    child.on("error", () => settle(undefined));
    child.on("close", (code) => settle(code === 0 ? counts : undefined));
  });
}
