import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { longSubjects } from "../../../lint/commits/subjects.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

const LONG = "x".repeat(73);
const FITTING = "ü".repeat(72);

/** A repository with these commits, the oldest first. */
async function repository(...subjects: readonly string[]) {
  const folder = await temporaryFolder();
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=A", "-c", "user.email=a@example.com", ...args], {
      encoding: "utf8",
    }).trim();
  git("init", "-q");
  for (const subject of subjects) git("commit", "-q", "--allow-empty", "-m", subject);
  return { folder, git };
}

it("names each commit since the rule whose subject has more than 72 characters", async () => {
  const { folder, git } = await repository(LONG, FITTING, LONG, "Fit");
  expect(await longSubjects(folder, git("rev-parse", "HEAD~3"))).toEqual([
    { commit: git("rev-parse", "--short", "HEAD~1"), subject: LONG, length: 73 },
  ]);
  expect(await longSubjects(folder, git("rev-parse", "HEAD~1"))).toEqual([]);
});

it("checks what a shallow clone has", async () => {
  const { folder, git } = await repository(LONG, LONG, "Fit", "Fit too");
  const shallow = join(await temporaryFolder(), "clone");
  const cloned = (depth: string) =>
    execFileSync("git", ["clone", "-q", "--depth", depth, `file://${folder}`, `${shallow}-${depth}`]);
  cloned("2");
  cloned("3");
  const first = git("rev-parse", "HEAD~3");
  expect(await longSubjects(`${shallow}-2`, first)).toEqual([]);
  expect(await longSubjects(`${shallow}-3`, first)).toMatchObject([{ subject: LONG }]);
});

it("leaves merges to the tool that writes their subject", async () => {
  const { folder, git } = await repository("First");
  git("checkout", "-q", "-b", "other");
  git("commit", "-q", "--allow-empty", "-m", "Other");
  git("checkout", "-q", "-");
  git("commit", "-q", "--allow-empty", "-m", "Second");
  git("merge", "-q", "--no-ff", "-m", LONG, "other");
  expect(await longSubjects(folder, git("rev-list", "--max-parents=0", "HEAD"))).toEqual([]);
});
