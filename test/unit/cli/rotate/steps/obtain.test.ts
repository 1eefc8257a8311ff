/** Tests the texts that hold no token. */
import { describe, expect, test } from "vitest";
import { contentOf } from "../../../../../cli/rotate/steps/obtain.ts";

const NOW = Date.parse("2026-05-22T03:00:00Z");
const text = (oauth: Record<string, unknown>) => JSON.stringify({ claudeAiOauth: oauth });

describe("a text without a token", () => {
  test.each<[string, string]>([
    ["nothing", ""],
    ["a word", "hello"],
    ["a token that was cut off", "sk-ant-oat01-fakefakefake"],
    ["an emptied login", text({ accessToken: "" })],
  ])("is refused without being quoted: %s", (_, given) => {
    expect(() => contentOf(given, "stdin", NOW)).toThrow(/^Standard input gave no token: /);
    expect(() => contentOf(given, "stdin", NOW)).not.toThrow(/fakefake|hello/);
  });
});
