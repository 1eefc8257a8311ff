/** Tests the wait for an alert that is clear. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { alertState } from "../../../../../cli/alertmanager.ts";
import { awaitClear } from "../../../../../cli/rotate/steps/close.ts";
import type { AlertState } from "../../../../../plan/diagnosis/evidence.ts";

describe("the alert", () => {
  const name = "reauth_required";
  const plan = { name, alertmanager: "http://127.0.0.1:1", waitSeconds: 60, pollSeconds: 15 };

  /** Returns an Alertmanager with these states, one for each request; the last one stays. */
  function alertmanagerWith(...states: readonly AlertState["state"][]) {
    const waited: number[] = [];
    let request = 0;
    return {
      waited,
      ask: (): Promise<AlertState> => {
        const state = states[Math.min(request++, states.length - 1)] ?? "clear";
        return Promise.resolve(state === "unknown" ? { name, state, why: "it is away" } : { name, state });
      },
      wait: (ms: number) => Promise.resolve(void waited.push(ms)),
    };
  }
  const quiet = () => undefined;

  it("that is clear needs no wait", async () => {
    const clear = alertmanagerWith("clear");
    expect(await awaitClear(plan, clear, quiet)).toBe("the alert reauth_required is clear");
    expect(clear.waited).toEqual([]);
  });

  it("is asked for until it is clear, also while Alertmanager does not answer", async () => {
    const slow = alertmanagerWith("firing", "unknown", "firing", "clear");
    expect(await awaitClear(plan, slow, quiet)).toBe("the alert reauth_required cleared within 45 s");
    expect(slow.waited).toEqual([15_000, 15_000, 15_000]);
  });

  it("that still fires in the end is a failure, and so is an unknown state", async () => {
    await expect(awaitClear(plan, alertmanagerWith("firing"), quiet)).rejects.toThrow(
      "still fires after 60 s",
    );
    await expect(awaitClear(plan, alertmanagerWith("unknown"), quiet)).rejects.toThrow(
      /^It is not known whether .* is clear: it is away/,
    );
  });

  it("is unknown, never clear, after an answer without the agreed shape", async () => {
    const answers = [
      [500, "{}"],
      [200, "<html>"],
      [200, "{}"],
      [200, '[{"labels": {"alertname": "reauth_required"}}]'],
      [200, "[]"],
    ] as const;
    const asked: string[] = [];
    let next = 0;
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const [status, text] = answers[next++] ?? [500, ""];
      response.writeHead(status).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const alertmanager = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const states: string[] = [];
    while (states.length < answers.length) states.push((await alertState({ ...plan, alertmanager })).state);
    expect(states).toEqual(["unknown", "unknown", "unknown", "firing", "clear"]);
    // A silenced alert fires nevertheless.
    expect(asked[0]).toContain("silenced=true");
    expect((await alertState(plan)).state).toBe("unknown");
  });
});
