/** The comment that is written once, and the wait for an alert that is really clear. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, test, vi } from "vitest";
import { alertState } from "../../../../../cli/alertmanager.ts";
import { awaitClear } from "../../../../../cli/rotate/steps/close.ts";
import { writeComment } from "../../../../../cli/rotate/github-comment.ts";
import { startGithub } from "../../../../../dev/stand-ins/github/server.ts";
import type { AlertState } from "../../../../../plan/diagnosis/evidence.ts";

const GITHUB_TOKEN = "fake-github-token";
const comment = { marker: "claude-fleet rotation 1", body: "rotated", since: "2026-05-22T03:00:00.000Z" };

async function github() {
  const standIn = await startGithub(GITHUB_TOKEN);
  onTestFinished(() => standIn.close());
  vi.stubEnv("GH_TOKEN", GITHUB_TOKEN);
  onTestFinished(() => void vi.unstubAllEnvs());
  const issue = { apiUrl: standIn.url, repository: "example/platform", number: 2395, tokenFile: undefined };
  return { standIn, issue };
}

describe("the comment", () => {
  it("is written once, whatever is run again, and bears the rotation's name where nobody sees it", async () => {
    const { standIn, issue } = await github();
    const url = await writeComment(issue, comment);
    expect(url).toMatch(/^https:\/\/github\.com\/example\/platform\/issues\/2395#issuecomment-/);
    expect(await writeComment(issue, comment)).toBe(url);
    expect(standIn.comments).toEqual([
      { issue: "example/platform#2395", body: "rotated\n\n<!-- claude-fleet rotation 1 -->\n" },
    ]);
    await writeComment(issue, { ...comment, marker: "claude-fleet rotation 2" });
    expect(standIn.comments).toHaveLength(2);
  });

  it("is found among more than one page of others", async () => {
    const { standIn, issue } = await github();
    for (let other = 0; other < 130; other++) {
      await writeComment({ ...issue, number: 1 }, { ...comment, marker: `other ${other}` });
    }
    const first = await writeComment({ ...issue, number: 1 }, { ...comment, marker: "other 129" });
    expect(first).toContain("issuecomment");
    expect(standIn.comments).toHaveLength(130);
  });

  test.each<[number, string]>([
    [500, "GitHub answered 500 (.*); run this again later."],
    [403, "needs `issues: write` there"],
    [404, "check repository and number"],
  ])("that GitHub answers by %i says what to do", async (status, words) => {
    const { standIn, issue } = await github();
    standIn.failWith(status);
    await expect(writeComment(issue, comment)).rejects.toThrow(new RegExp(words));
  });

  it("says that GitHub is away, and that there is no token", async () => {
    const { standIn, issue } = await github();
    vi.stubEnv("GH_TOKEN", "another");
    await expect(writeComment(issue, comment)).rejects.toThrow("GitHub answered 401");
    vi.stubEnv("GH_TOKEN", "");
    vi.stubEnv("GITHUB_TOKEN", "");
    await expect(writeComment(issue, comment)).rejects.toThrow(
      "There is no GitHub token for the comment on example/platform#2395: GH_TOKEN is not set",
    );
    vi.stubEnv("GH_TOKEN", GITHUB_TOKEN);
    await standIn.close();
    await expect(writeComment(issue, comment)).rejects.toThrow("does not answer");
  });
});

describe("the alert", () => {
  const name = "reauth_required";
  const plan = { name, alertmanager: "http://127.0.0.1:1", waitSeconds: 60, pollSeconds: 15 };

  /** A world in which the alert is, look by look, as these say; the last one lasts. */
  function world(...states: readonly AlertState["state"][]) {
    const waited: number[] = [];
    let look = 0;
    return {
      waited,
      ask: (): Promise<AlertState> => {
        const state = states[Math.min(look++, states.length - 1)] ?? "clear";
        return Promise.resolve(state === "unknown" ? { name, state, why: "it is away" } : { name, state });
      },
      wait: (ms: number) => Promise.resolve(void waited.push(ms)),
    };
  }
  const quiet = () => undefined;

  it("that is clear is waited for no longer", async () => {
    const clear = world("clear");
    expect(await awaitClear(plan, clear, quiet)).toBe("the alert reauth_required is clear");
    expect(clear.waited).toEqual([]);
  });

  it("is asked for again until it is clear, also while Alertmanager is away", async () => {
    const slow = world("firing", "unknown", "firing", "clear");
    expect(await awaitClear(plan, slow, quiet)).toBe("the alert reauth_required cleared within 45 s");
    expect(slow.waited).toEqual([15_000, 15_000, 15_000]);
  });

  it("that does not clear in time is a failure, and so is one of which nobody knows", async () => {
    await expect(awaitClear(plan, world("firing"), quiet)).rejects.toThrow("still fires after 60 s");
    await expect(awaitClear(plan, world("unknown"), quiet)).rejects.toThrow("is not known: it is away");
  });

  it("is never taken for clear by an answer that is none", async () => {
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
    // A silenced alert burns all the same.
    expect(asked[0]).toContain("silenced=true");
    expect((await alertState(plan)).state).toBe("unknown");
  });
});
