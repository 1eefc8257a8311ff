/** Tests the comment on the issue, which is written once. */
import { describe, expect, it, onTestFinished, test, vi } from "vitest";
import { writeComment } from "../../../../cli/rotate/github-comment.ts";
import { startGithub } from "../../../../dev/stand-ins/github/server.ts";

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
  it("is written once for each rotation, whose name it holds invisibly", async () => {
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

  it("is found among more than one page of comments", async () => {
    const { standIn, issue } = await github();
    for (let other = 0; other < 130; other++) {
      await writeComment({ ...issue, number: 1 }, { ...comment, marker: `other ${other}` });
    }
    const first = await writeComment({ ...issue, number: 1 }, { ...comment, marker: "other 129" });
    expect(first).toContain("issuecomment");
    expect(standIn.comments).toHaveLength(130);
  });

  test.each<[number, string]>([
    [500, "GitHub answered 500 (.*). Run this again later."],
    [403, "needs `issues: write` there"],
    [404, "Check repository and number"],
  ])("names the remedy when GitHub answers %i", async (status, words) => {
    const { standIn, issue } = await github();
    standIn.failWith(status);
    await expect(writeComment(issue, comment)).rejects.toThrow(new RegExp(words));
  });

  it("reports a GitHub that does not answer, and a missing token", async () => {
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
