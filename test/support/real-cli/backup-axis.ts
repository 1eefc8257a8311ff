/** Cases of the backup, beside a login that works. */
import * as z from "zod";
import { asAdmin, backup } from "../environment/vault.ts";
import type { DecisionCase } from "./decision-case.ts";
import type { Stage } from "./stage.ts";

const PROVEN = { verdict: "proven", class: "ok", reason: "proven" } as const;
const WARN = { word: "WARN", code: 0 } as const;

/** Writes the user's entry as an administrator does. */
async function rewrite(stage: Stage, change: Readonly<Record<string, unknown>>): Promise<void> {
  const entry = await backup(stage.environment, stage.user);
  const body = { data: { ...entry?.data, ...change } };
  await asAdmin(stage.environment, { method: "POST", path: stage.entry("data"), body }, z.unknown());
}

export const BACKUP_AXIS: readonly DecisionCase[] = [
  {
    ...PROVEN,
    verdict: "refresh-proven",
    name: "a login is refreshed while Vault is away",
    arrange: async (stage) => {
      await stage.settle();
      await stage.age();
      await stage.vaultAway();
    },
    ...WARN,
    reason: "refresh-proven",
    backup: "pending",
    why: /Vault at https:\/\/vault\.dev\.internal:\d+ cannot be reached/,
    home: "refreshed",
    vault: "same",
  },
  {
    ...PROVEN,
    name: "Vault refuses the scoped token",
    arrange: async (stage) => {
      await stage.settle();
      await stage.own("echo not-a-token-of-this-vault > .config/claude-auth-sync/vault-token");
    },
    word: "FAIL",
    reason: "refused",
    code: 20,
    backup: "refused",
    why: /The login works, but it is not backed up\..*An operator runs `pulumi up` to enrol the user again/,
    home: "same",
    vault: "same",
  },
  {
    ...PROVEN,
    name: "Vault holds another machine's backup",
    arrange: async (stage) => {
      await stage.settle();
      await rewrite(stage, { machine_id: "2".repeat(32) });
    },
    word: "FAIL",
    reason: "foreign",
    code: 21,
    backup: "foreign",
    why: /An operator decides which host is the user's/,
    home: "same",
    vault: "same",
  },
  {
    ...PROVEN,
    name: "a login of another person",
    arrange: async (stage) => {
      await stage.settle();
      await stage.signIn({ email: "somebody.else@example.com" });
    },
    word: "FAIL",
    reason: "identity-mismatch",
    code: 23,
    backup: "identity-mismatch",
    why: /belongs to somebody\.else@example\.com, but the roster says alice@example\.com.*alice runs `claude auth logout`/,
    home: "signed-in",
    vault: "same",
  },
  {
    ...PROVEN,
    name: "Vault was rolled back",
    arrange: async (stage) => {
      await stage.settle();
      const old = await backup(stage.environment, stage.user);
      await stage.age();
      await stage.run();
      await asAdmin(stage.environment, { method: "DELETE", path: stage.entry("metadata") }, z.unknown());
      await rewrite(stage, old?.data ?? {});
    },
    ...WARN,
    backup: "rolled-back",
    why: /Vault was rolled back to a lower version\. It is up to date again\./,
    home: "same",
    vault: "refreshed",
  },
  {
    ...PROVEN,
    name: "an old copy with a working access token is put back",
    arrange: async (stage) => {
      await stage.settle();
      const old = (await stage.file()) ?? "";
      await stage.age();
      await stage.run();
      await stage.put(old);
    },
    ...WARN,
    backup: "superseded",
    why: /The home holds a login that a newer one has replaced/,
    home: "same",
    vault: "same",
  },
  {
    ...PROVEN,
    name: "a new login with an unknown identity",
    arrange: (stage) => stage.signIn({}, { scopes: ["user:inference"] }),
    ...WARN,
    backup: "held",
    why: /The identity of this login is not verified yet/,
    home: "signed-in",
    vault: "same",
  },
  {
    ...PROVEN,
    name: "a token for all users in the system's environment",
    arrange: async (stage) => {
      await stage.settle();
      await stage.root("echo CLAUDE_CODE_OAUTH_TOKEN=not-a-real-token >> /etc/environment");
    },
    word: "FAIL",
    reason: "shared-token",
    code: 24,
    backup: "unchanged",
    why: /\/etc\/environment sets CLAUDE_CODE_OAUTH_TOKEN, which outranks this login/,
    home: "same",
    vault: "same",
  },
];
