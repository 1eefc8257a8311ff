/** Values in messages: short, printable, and never a secret. */
import { describe, expect, it } from "vitest";
import { show } from "../../../lib/show-value.ts";
import { printable } from "../../../lib/printable.ts";
import { looksSecret } from "../../../lib/looks-secret.ts";

describe("what messages show", () => {
  const made = (...parts: string[]) => parts.join("");
  it.each([
    made("sk-ant", "-oat01-", "x"),
    made("hvs", ".", "CAESIJnotreal0000"),
    made("s", ".", "notRealToken1234567890ab"),
    made("gh", "p_", "notreal1234567890"),
    made("ey", "JhbGciOiJub25lIn0"),
    "Abcdefghijklmnop0123456789QRSTUVWXYZ",
    "KEY=Abcdefghijklmnop0123456789QRSTUVWXYZ==",
    "notReal-x7Kq2P_aB3dE-fG5hJ8kLm_N0pQr",
    made("-----", "BEGIN PRIVATE KEY-----"),
  ])("%s is hidden", (secret) => {
    expect(looksSecret(secret)).toBe(true);
    expect(show(secret)).toBe("hidden, it looks like a secret");
    expect(show({ [secret]: 1 })).not.toContain(secret);
  });

  it.each([
    "alice@example.com",
    "s.fitzgerald@example.com",
    "user b.van-der-westhuizen",
    "/home/alice/.local/bin/claude",
    "00000000-0000-4000-8000-000000000000",
    "a".repeat(64),
    `KEY_SHA256=${"a1".repeat(32)}`,
    "/tmp/claude-fleet-runner-cache-x7Kq2P/bin/claude",
    "/opt/ExampleCompany-ClaudeCode-v2-linux-x64/bin/claude",
    "ANTHROPIC_BASE_URL_of_runnerAgentBlog2",
  ])("%s is not", (value) => {
    expect(looksSecret(value)).toBe(false);
  });

  it("cuts what is long and escapes what a terminal would act on", () => {
    expect(show("x".repeat(100))).toBe(`"${"x".repeat(60)}…"`);
    expect(printable("a\u001b[31mb\u202ec\u2028")).toBe("a\\u001b[31mb\\u202ec\\u2028");
  });
});
