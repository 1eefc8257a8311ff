/** Cases in which the CLI is asked and does not answer as it should. */
import type { DecisionCase } from "./decision-case.ts";
import type { Stage } from "./stage.ts";

/** Kills each of two CLIs during its inference. */
async function endTwice(stage: Stage): Promise<void> {
  for (const count of [1, 2]) {
    await stage.inferences(count);
    await stage.killClaudes();
  }
}

/** A configuration that fills a page: what the CLI adds needs another page, for which there is no room. */
const NEARLY_A_PAGE = JSON.stringify({ hasCompletedOnboarding: true, pad: "x".repeat(4040) });

export const BROKEN_PROBE: readonly DecisionCase[] = [
  {
    name: "the API never answers",
    arrange: async (stage) => {
      await stage.settle();
      await stage.settings({ claudeWaitSeconds: 5 });
      await stage.behave({ messages: "ok", hold: true });
    },
    word: "FAIL",
    class: "tooling",
    reason: "stuck",
    code: 18,
    backup: "unchanged",
    why: /It was left running.*claude-auth-sync\/probe` names the process/,
    home: "same",
    vault: "same",
  },
  {
    name: "the CLI of an earlier run has not ended yet",
    arrange: async (stage) => {
      await stage.settle();
      await stage.settings({ claudeWaitSeconds: 5 });
      await stage.behave({ messages: "ok", hold: true });
      await stage.run();
    },
    word: "FAIL",
    class: "tooling",
    reason: "stuck",
    code: 18,
    backup: "unchanged",
    why: /The CLI of an earlier run is still running \(process \d+\)/,
    home: "same",
    vault: "same",
  },
  {
    name: "the kernel kills the CLI, and then the next CLI",
    arrange: async (stage) => {
      await stage.settle();
      await stage.behave({ messages: "ok", hold: true });
    },
    during: endTwice,
    word: "WARN",
    class: "interrupted",
    reason: "signal",
    code: 19,
    backup: "unchanged",
    why: /The CLI was ended by SIGKILL/,
    home: "same",
    vault: "same",
  },
  {
    name: "the CLI cannot read its configuration",
    arrange: async (stage) => {
      await stage.settle();
      await stage.own("echo no-json > .claude.json");
    },
    word: "FAIL",
    class: "tooling",
    reason: "no-answer",
    code: 17,
    backup: "unchanged",
    why: /alice runs `claude --version` and `claude`/,
    home: "same",
    vault: "same",
  },
  {
    name: "the disk of the CLI's configuration is full",
    versions: ["2.1.330"],
    arrange: async (stage) => {
      await stage.settle();
      await stage.smallDisk("small");
      await stage.own("cat > small/.claude.json && ln -sf small/.claude.json .claude.json", NEARLY_A_PAGE);
      await stage.fillDisk("small");
    },
    word: "FAIL",
    class: "tooling",
    reason: "bad-exit",
    code: 17,
    backup: "unchanged",
    why: /Its disk may be full\. `df -h \/home/,
    home: "same",
    vault: "same",
  },
];
