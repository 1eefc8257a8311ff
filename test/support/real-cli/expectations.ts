/** Checks what became of the login, in the home and in Vault. */
import { expect } from "vitest";
import { textOf } from "../../../claude/credentials.ts";
import type { DecisionCase } from "./decision-case.ts";
import { kindOf, MCP } from "./account.ts";
import type { Seen, Stage } from "./stage.ts";

/** Checks the credentials file: see {@link DecisionCase.home}. Other keys must be unchanged. */
export async function expectHome(stage: Stage, { home }: Seen, wanted: DecisionCase["home"]): Promise<void> {
  const { before, after } = home;
  if (wanted === "same") return expect(after).toBe(before);
  if (wanted === "none" || wanted === "blank") return expect(kindOf(after)).toBe(wanted);
  if (wanted !== "signed-in") expect(after).not.toBe(before);
  const { claudeAiOauth, ...others } = stage.parsed(after);
  const token = textOf(claudeAiOauth, "refreshToken") || textOf(claudeAiOauth, "accessToken");
  expect(await stage.lives(token), "the home's login lives").toBe(true);
  if (before?.includes("mcpOAuth")) expect(others).toEqual({ mcpOAuth: MCP });
}

/** Checks Vault's login: see {@link DecisionCase.vault}. */
export function expectVault({ home, vault }: Seen, wanted: DecisionCase["vault"]): void {
  if (wanted === "same") return expect(vault.after).toBe(vault.before);
  const file = JSON.parse(home.after ?? "null") as {
    claudeAiOauth?: Readonly<Record<string, unknown>>;
  } | null;
  const inHome = file?.claudeAiOauth ?? {};
  // 2.1.197 drops the end of the login when it refreshes. Vault's copy keeps it.
  const isDropped = "refreshToken" in inHome && !("refreshTokenExpiresAt" in inHome);
  const kept = isDropped ? { refreshTokenExpiresAt: expect.any(Number) as number } : {};
  expect(JSON.parse(vault.after ?? "null")).toEqual({ ...kept, ...inHome });
  if (wanted === "refreshed") expect(vault.after).not.toBe(vault.before);
}
