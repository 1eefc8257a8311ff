/** A shared token is found in every notation that takes effect, and in no other text. */
import { expect, test } from "vitest";
import { findSharedToken, setsToken } from "../../../claude/shared-token.ts";
import { HOME } from "../../support/fakes/fake-agent.ts";
import { FakeWorld } from "../../support/fakes/fake-world.ts";

test.each([
  ["CLAUDE_CODE_OAUTH_TOKEN=x", true],
  ["export CLAUDE_CODE_OAUTH_TOKEN='x'", true],
  ["PATH=/bin\n  export A=1 CLAUDE_CODE_OAUTH_TOKEN=x\n", true],
  ["CLAUDE_CODE_OAUTH_TOKEN DEFAULT=x", true],
  ['{"env": {"CLAUDE_CODE_OAUTH_TOKEN": "x"}}', true],
  ["# CLAUDE_CODE_OAUTH_TOKEN=x", false],
  ["export A=1 # CLAUDE_CODE_OAUTH_TOKEN=x", false],
  ["unset CLAUDE_CODE_OAUTH_TOKEN", false],
  ["CLAUDE_CODE_OAUTH_TOKEN=", false],
  ["export CLAUDE_CODE_OAUTH_TOKEN=''", false],
  ["MY_CLAUDE_CODE_OAUTH_TOKEN=x", false],
  ["CLAUDE_CODE_OAUTH_TOKEN_FILE=x", false],
  ['[ -n "$CLAUDE_CODE_OAUTH_TOKEN" ] && echo', false],
])("%s: %s", (text, sets) => {
  expect(setsToken(text)).toBe(sets);
});

test("the system's files differ from the user's own files", async () => {
  const world = new FakeWorld();
  const line = "CLAUDE_CODE_OAUTH_TOKEN=fake\n";
  const shared = [
    "/etc/environment",
    "/etc/environment.d/50-x.conf",
    "/etc/profile.d/claude.sh",
    "/etc/zsh/zshenv",
  ];
  const own = [`${HOME}/.bashrc`, `${HOME}/.claude/settings.json`, `${HOME}/.config/environment.d/x.conf`];
  for (const path of [...shared, ...own])
    world.put(path, path.endsWith("json") ? '{"env":{"CLAUDE_CODE_OAUTH_TOKEN":"fake"}}' : line);
  const found = await findSharedToken(world, HOME);
  expect([...found.shared].sort()).toEqual(shared);
  expect([...found.own].sort()).toEqual(own);
});
