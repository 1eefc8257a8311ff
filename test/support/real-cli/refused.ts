/** Cases in which the API refuses the login or the request. */
import type { DecisionCase } from "./decision-case.ts";

const DEAD = { word: "FAIL", class: "auth-dead", code: 10 } as const;
const POLICY = {
  word: "FAIL",
  class: "org-policy",
  code: 13,
  backup: "unchanged",
  home: "same",
  vault: "same",
} as const;
const RESTORED = { word: "OK", class: "ok", reason: "restored", code: 0 } as const;

export const REFUSED: readonly DecisionCase[] = [
  {
    name: "a token that was just refreshed is refused, too",
    arrange: async (stage) => {
      await stage.settle();
      await stage.behave({ messages: "401-invalid" });
    },
    word: "FAIL",
    class: "rejected",
    reason: "after-rotation",
    code: 11,
    backup: "written",
    why: /The organisation's administrator checks whether alice@example\.com may use Claude Code\. Then alice runs/,
    home: "refreshed",
    vault: "refreshed",
  },
  {
    name: "the refresh token is refused for good, and Vault has the same token",
    arrange: async (stage) => {
      await stage.settle();
      await stage.age();
      await stage.behave({ refresh: "invalid-grant" });
    },
    ...DEAD,
    reason: "refused",
    backup: "none",
    why: /alice runs `claude auth login/,
    home: "blank",
    vault: "same",
  },
  {
    verdict: "refused",
    name: "an old copy is put back and refused, and Vault's newer login is restored",
    arrange: async (stage) => {
      await stage.settle();
      const old = (await stage.file()) ?? "";
      await stage.age();
      await stage.run();
      await stage.put(old);
      await stage.age();
    },
    ...RESTORED,
    backup: "written",
    home: "restored",
    vault: "refreshed",
  },
  {
    name: "the token is refused, and its refresh fails",
    arrange: async (stage) => {
      await stage.settle();
      await stage.behave({ messages: "401-expired" });
      await stage.behave({ refresh: "500" });
    },
    word: "WARN",
    class: "transient",
    reason: "refresh",
    code: 12,
    backup: "unchanged",
    why: /This may pass\. If it lasts, alice runs/,
    home: "same",
    vault: "same",
  },
  {
    name: "the same for too long",
    arrange: async (stage) => {
      await stage.settle();
      await stage.behave({ messages: "401-expired" });
      await stage.behave({ refresh: "500" });
      await stage.run();
      await stage.settings({ waits: { transientSeconds: 1 } });
    },
    word: "FAIL",
    class: "transient",
    reason: "refresh",
    code: 12,
    backup: "unchanged",
    home: "same",
    vault: "same",
  },
  {
    name: "the refresh token is lost, the access token has ended, and Vault has no login",
    arrange: async (stage) => {
      await stage.signIn({}, { refreshToken: "" });
      await stage.environment.anthropic.revoke({ email: "alice@example.com", kind: "access" });
    },
    ...DEAD,
    reason: "no-refresh-token",
    backup: "incomplete",
    why: /the login has lost its refresh token\..*alice runs `claude auth login/,
    home: "same",
    vault: "same",
  },
  {
    verdict: "no-refresh-token",
    name: "the refresh token is lost, the access token has ended, and Vault's login is restored",
    arrange: async (stage) => {
      await stage.settle();
      const file = stage.parsed(await stage.file());
      await stage.put({ ...file, claudeAiOauth: { ...file.claudeAiOauth, refreshToken: "" } });
      await stage.environment.anthropic.revoke({ email: "alice@example.com", kind: "access" });
    },
    ...RESTORED,
    backup: "written",
    home: "restored",
    vault: "stored",
  },
  {
    name: "a setup-token is refused",
    arrange: async (stage) => {
      await stage.setupToken();
      await stage.run();
      await stage.environment.anthropic.revoke({ email: "alice@example.com", kind: "setup" });
    },
    ...DEAD,
    reason: "setup-token-refused",
    backup: "unchanged",
    why: /alice makes a new token with `claude setup-token`/,
    home: "same",
    vault: "same",
  },
  {
    verdict: "setup-token-refused",
    name: "an old setup-token is put back and refused, and Vault's newer one is restored",
    arrange: async (stage) => {
      const { accessToken } = await stage.setupToken();
      const old = (await stage.file()) ?? "";
      await stage.run();
      await stage.setupToken();
      await stage.run();
      await stage.put(old);
      await stage.environment.anthropic.revoke({ sha256: stage.sha256(accessToken) });
    },
    ...RESTORED,
    backup: "unchanged",
    home: "restored",
    vault: "stored",
  },
  {
    name: "the organisation does not allow it",
    arrange: async (stage) => {
      await stage.settle();
      await stage.behave({ messages: "403-not-allowed" });
    },
    ...POLICY,
    reason: "not-allowed",
    why: /Its administrator enables it in the organisation's settings/,
  },
  {
    name: "the organisation has no credit",
    arrange: async (stage) => {
      await stage.settle();
      await stage.behave({ messages: "400-credit" });
    },
    ...POLICY,
    reason: "no-credit",
    why: /Its administrator adds credit or assigns a seat/,
  },
  {
    name: "the model does not exist",
    arrange: async (stage) => {
      await stage.settle();
      await stage.behave({ messages: "404-model" });
    },
    word: "FAIL",
    class: "tooling",
    reason: "model",
    code: 17,
    backup: "unchanged",
    why: /Update the CLI with `claude update`/,
    home: "same",
    vault: "same",
  },
];
