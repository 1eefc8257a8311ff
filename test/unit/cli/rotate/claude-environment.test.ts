/** Tests which variables Claude Code gets on the operator's machine. */
import { describe, expect, it } from "vitest";
import { claudeEnvironment } from "../../../../cli/rotate/claude-environment.ts";

describe("Claude Code on this machine", () => {
  it("gets no foreign credential or server, and no secret of other tools", () => {
    const own = { HOME: "/home/anca", PATH: "/bin", CLAUDE_CONFIG_DIR: "/home/anca/.claude", GHOSTTY: "1" };
    const others = ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN", "GH_TOKEN"];
    const secret = [...others, "GITHUB_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "VAULT_TOKEN"];
    const given = { ...own, ...Object.fromEntries(secret.map((name) => [name, "not-a-real-one"])) };
    expect(claudeEnvironment(given)).toEqual(own);
  });
});
