/** Cases that are decided without asking the CLI with the login in the home. */
import { expect } from "vitest";
import { placesOf } from "../environment/workstation.ts";
import type { DecisionCase } from "./decision-case.ts";
import { MCP } from "./account.ts";
import type { Stage } from "./stage.ts";

const BLANK = { accessToken: "", refreshToken: "", expiresAt: 0, scopes: ["user:inference"] };
const LOGIN = /alice runs `claude auth login --claudeai --sso --email alice@example\.com` on this host/;
const TOOLING = { word: "FAIL", class: "tooling", code: 17 } as const;
const DEAD = { word: "FAIL", class: "auth-dead", code: 10, backup: "none" } as const;
const RESTORED = { word: "OK", class: "ok", reason: "restored", code: 0 } as const;

const vaultForgets = async (stage: Stage) => {
  await stage.settle();
  await stage.deleteEntry();
};

/** Expects no request with a login's token: nothing was used up, and nothing was proven. */
const notAsked: DecisionCase["also"] = (_, { requests }) => {
  expect(requests.filter(({ path }) => path.startsWith("/v1/"))).toEqual([]);
  return Promise.resolve();
};

export const WITHOUT_PROBE: readonly DecisionCase[] = [
  {
    name: "a folder in the place of the credentials file",
    arrange: (stage) => stage.own("mkdir .claude/.credentials.json"),
    ...TOOLING,
    reason: "unreadable",
    backup: "none",
    why: /alice runs `ls -la ~\/\.claude`/,
    home: "same",
    vault: "same",
    also: notAsked,
  },
  {
    name: "no room beside the login",
    arrange: async (stage) => {
      await stage.settle();
      const login = (await stage.file()) ?? "";
      await stage.smallDisk(".claude");
      await stage.put(login);
      await stage.fillDisk(".claude");
    },
    ...TOOLING,
    reason: "not-storable",
    backup: "unchanged",
    why: /cannot take a new file \(ENOSPC\).*`df -h \/home/,
    home: "same",
    vault: "same",
    also: notAsked,
  },
  {
    name: "no right to store a successor",
    arrange: async (stage) => {
      await stage.settle();
      await stage.own("chmod 500 .claude");
    },
    ...TOOLING,
    reason: "not-storable",
    backup: "unchanged",
    why: /cannot take a new file \(EACCES\)/,
    home: "same",
    vault: "same",
    also: notAsked,
  },
  {
    name: "a folder in the place of the agent's own lock",
    arrange: async (stage) => {
      await stage.settle();
      await stage.own("cd .local/state/claude-auth-sync && rm lock && mkdir lock");
    },
    ...TOOLING,
    reason: "home",
    backup: "none",
    why: /The lock file .* cannot be opened; check its folder's rights/,
    home: "same",
    vault: "same",
    also: notAsked,
  },
  {
    name: "a CLI that is missing",
    arrange: async (stage) => {
      await stage.settle();
      await stage.root("rm /usr/local/bin/claude");
    },
    ...TOOLING,
    reason: "no-cli",
    backup: "unchanged",
    why: /Claude Code is not installed/,
    home: "same",
    vault: "same",
    also: notAsked,
  },
  {
    name: "a CLI older than the fleet allows",
    arrange: async (stage) => {
      await stage.settle();
      await stage.settings({ minClaudeVersion: "2.1.331" });
    },
    ...TOOLING,
    reason: "too-old",
    backup: "unchanged",
    why: /at least 2\.1\.331 is needed\. Run `claude update`\./,
    home: "same",
    vault: "same",
    also: notAsked,
  },
  ...(
    [
      ["no file", () => Promise.resolve()],
      ["a blank file", (stage) => stage.put({ claudeAiOauth: BLANK })],
      ["a torn file", (stage) => stage.put('{"claudeAiOauth":{"acc')],
    ] satisfies [string, DecisionCase["arrange"]][]
  ).map(([what, arrange]): DecisionCase => ({
    name: `${what}, and the user has never logged in`,
    arrange,
    word: "INFO",
    class: "awaiting-login",
    reason: "no-login",
    code: 0,
    backup: "none",
    why: LOGIN,
    home: "same",
    vault: "same",
    also: notAsked,
  })),
  {
    name: "the file is gone, and Vault has no login",
    arrange: async (stage) => {
      await vaultForgets(stage);
      await stage.own("rm .claude/.credentials.json");
    },
    ...DEAD,
    reason: "gone",
    why: LOGIN,
    home: "none",
    vault: "same",
    also: notAsked,
  },
  {
    name: "the file is torn, and Vault has no login",
    arrange: async (stage) => {
      await vaultForgets(stage);
      await stage.put('{"claudeAiOauth":{"acc');
    },
    ...DEAD,
    reason: "corrupt",
    why: LOGIN,
    home: "same",
    vault: "same",
    also: async (stage, seen) => {
      await notAsked(stage, seen);
      const copy = placesOf(stage.user).agentState.replace("state.json", "corrupt-credentials");
      expect(await stage.root(`stat -c '%a %U' ${copy} && cat ${copy}`)).toBe(
        `600 alice\n{"claudeAiOauth":{"acc`,
      );
    },
  },
  {
    verdict: "gone",
    name: "the file is gone, and Vault's login is restored",
    arrange: async (stage) => {
      await stage.settle();
      await stage.own("rm .claude/.credentials.json");
    },
    ...RESTORED,
    backup: "written",
    home: "restored",
    vault: "refreshed",
  },
  {
    verdict: "gone",
    name: "the login is gone from its file, and Vault's login is restored beside the other keys",
    arrange: async (stage) => {
      await stage.settle();
      await stage.put({ mcpOAuth: MCP });
    },
    ...RESTORED,
    backup: "written",
    home: "restored",
    vault: "refreshed",
  },
  {
    verdict: "gone",
    name: "the file is gone, and Vault is away",
    arrange: async (stage) => {
      await stage.settle();
      await stage.own("rm .claude/.credentials.json");
      await stage.vaultAway();
    },
    ...DEAD,
    reason: "restore-pending",
    why: /It cannot be restored now\. Vault at .*The next run tries the restore again\. Or alice runs/,
    home: "none",
    vault: "same",
    also: notAsked,
  },
  {
    verdict: "gone",
    name: "the file is gone, and Vault's login is refused",
    arrange: async (stage) => {
      await stage.settle();
      await stage.own("rm .claude/.credentials.json");
      await stage.behave({ refresh: "invalid-grant" });
    },
    ...DEAD,
    reason: "restore-refused",
    why: /Vault's login was refused, too\. alice runs/,
    home: "none",
    vault: "same",
  },
  {
    name: "the login is blank, and Vault has none",
    arrange: async (stage) => {
      await vaultForgets(stage);
      await stage.put({ claudeAiOauth: BLANK, mcpOAuth: MCP });
    },
    ...DEAD,
    reason: "blanked",
    why: LOGIN,
    home: "same",
    vault: "same",
    also: notAsked,
  },
  {
    verdict: "blanked",
    name: "the login is blank, and Vault's is restored",
    arrange: async (stage) => {
      await stage.settle();
      await stage.put({ claudeAiOauth: BLANK, mcpOAuth: MCP });
    },
    ...RESTORED,
    backup: "written",
    home: "restored",
    vault: "refreshed",
  },
];
