/** What a start of a user's service does: one real inference, a backup of the login alone, one line, an exit code. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { repairParts } from "../support/environment/parts.ts";
import { lineOf } from "../support/environment/run-line.ts";
import {
  asAdmin,
  backup,
  backupMetadata,
  FLEET,
  PREFIX,
  statusOfToken,
} from "../support/environment/vault.ts";
import {
  logIn,
  onWorkstation,
  person,
  placesOf,
  readCredentials,
  runService,
  tryOnWorkstation,
  unwatch,
  vaultTokenOf,
  watch,
  writeCredentials,
  type ServiceRun,
} from "../support/environment/workstation.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const credentialsFile = z.object({
  claudeAiOauth: z.record(z.string(), z.unknown()),
  mcpOAuth: z.unknown().optional(),
});

/** What only alice's file may hold: a token of another service, which is not the fleet's to copy. */
const MCP_TOKEN = "not-a-real-token-of-another-service";
const mcpOAuth = { "tracker|0123456789abcdef": { serverName: "tracker", accessToken: MCP_TOKEN } };

/** A key that somebody else keeps in the same entry of Vault. */
const SIBLING = { note_of_the_team: "kept by somebody else" };

/** Not watched meanwhile: what is put into their homes must start no run but the test's own. */
const USERS = ["alice", "bob", "carol"] as const;

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  for (const user of USERS) await unwatch(environment, user);
});

afterAll(async () => {
  for (const user of ["alice", "bob"]) {
    await logIn(environment, user);
    await runService(environment, user);
  }
  for (const user of USERS) await watch(environment, user);
});

/** Numbers of requests up to now: those that follow are the test's own. */
async function lastRequest(): Promise<number> {
  return (await environment.anthropic.requests()).at(-1)?.n ?? 0;
}

async function inferencesOf(user: string, after: number) {
  const requests = await environment.anthropic.requests(after);
  return requests.filter(
    ({ path, credential }) => path === "/v1/messages" && credential?.email === person(user).email,
  );
}

describe("a service whose user is logged in", () => {
  let token: string;
  let ran: ServiceRun;
  let after: number;

  beforeAll(async () => {
    const { claudeAiOauth } = await environment.anthropic.login(person("alice").email);
    token = claudeAiOauth.accessToken;
    await writeCredentials(environment, "alice", { claudeAiOauth, mcpOAuth });
    const known = await backup(environment, "alice");
    const call = { method: "POST", path: `secret/data/${PREFIX}/alice` } as const;
    const body = { data: { ...known?.data, ...SIBLING } };
    await asAdmin(environment, { ...call, body }, z.unknown());
    after = await lastRequest();
    ran = await runService(environment, "alice");
  });

  it("ends OK, says so in sync.log and in the journal, and exits with 0", () => {
    expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
    expect(lineOf(ran)).toMatch(
      /^OK user=alice class=ok reason=proven fleet=\w+ backup=written claude=\d+\.\d+\.\d+ /,
    );
  });

  it("has made a real inference with that user's own token", async () => {
    const inferences = await inferencesOf("alice", after);
    expect(inferences.map(({ credential, status }) => [credential?.sha256, status])).toContainEqual([
      sha256(token),
      200,
    ]);
    expect(inferences[0]?.userAgent).toMatch(/^claude-cli\//);
  });

  it("has backed up the login, whole, beside the keys of others", async () => {
    const stored = await backup(environment, "alice");
    const inHome = credentialsFile.parse(JSON.parse((await readCredentials(environment, "alice")) ?? "null"));
    expect(inHome.mcpOAuth).toEqual(mcpOAuth);
    expect(stored?.data).toMatchObject({
      ...SIBLING,
      kind: "login",
      credential_expires_at_ms: inHome.claudeAiOauth["expiresAt"],
      machine_id: (await onWorkstation(environment, "cat /etc/machine-id")).trim(),
    });
    const text = z.string().parse(stored?.data["claude_ai_oauth_json"]);
    expect(JSON.parse(text)).toEqual(inHome.claudeAiOauth);
    expect(Date.parse(String(stored?.data["backed_up_at"]))).not.toBeNaN();
  });

  it("has not backed up what is another service's", async () => {
    const text = JSON.stringify(await backup(environment, "alice"));
    expect(text).toContain(token);
    expect(text).not.toContain(MCP_TOKEN);
    expect(text).not.toMatch(/mcpOAuth/i);
  });

  it("proves the login again the next time, and makes no new version of the same backup", async () => {
    const before = await backupMetadata(environment, "alice");
    const from = await lastRequest();
    const again = await runService(environment, "alice");
    expect(lineOf(again)).toMatch(/^OK user=alice .* backup=unchanged /);
    expect(await inferencesOf("alice", from)).not.toEqual([]);
    expect(await backupMetadata(environment, "alice")).toEqual(before);
  });
});

describe("a service whose user has never logged in", () => {
  it("says awaiting-login and how to log in, which is no failure", async () => {
    const from = await lastRequest();
    const ran = await runService(environment, "carol");
    expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
    const line = lineOf(ran);
    expect(line).toMatch(/^INFO user=carol class=awaiting-login reason=no-login fleet=\w+ backup=none /);
    expect(line).toContain("claude auth login --claudeai --sso --email carol@example.com");
    expect(await inferencesOf("carol", from)).toEqual([]);
    expect(await backup(environment, "carol")).toBeUndefined();
  });
});

describe("a service whose user's login is dead", () => {
  it("fails with the command that repairs it, leaves Vault as it is, and stays so", async () => {
    const token = await logIn(environment, "bob");
    expect(lineOf(await runService(environment, "bob"))).toMatch(/^OK user=bob /);
    expect(await environment.anthropic.revoke({ email: person("bob").email })).toBeGreaterThan(0);
    const [before, vaultToken] = [await seen("bob"), await vaultTokenOf(environment, "bob")];

    const from = await lastRequest();
    const ran = await runService(environment, "bob");

    expect(ran, ran.log).toMatchObject({ code: 10, result: "exit-code" });
    const line = lineOf(ran);
    expect(line).toMatch(/^FAIL user=bob class=auth-dead reason=refused fleet=\w+ backup=none /);
    expect(line).toContain("bob runs `claude auth login --claudeai --sso --email bob@example.com`");
    const asked = await inferencesOf("bob", from);
    expect(asked.map(({ credential }) => credential?.sha256)).toContain(sha256(token));
    expect(asked.filter(({ status }) => status === 200)).toEqual([]);
    expect(await seen("bob")).toEqual(before);
    expect(await statusOfToken(environment, vaultToken ?? "")).toBe(200);

    const later = await lastRequest();
    const again = await runService(environment, "bob");
    expect(lineOf(again)).toMatch(/^FAIL user=bob class=auth-dead reason=blanked /);
    expect((await environment.anthropic.requests(later)).map(({ path }) => path)).toEqual([]);
  });
});

describe("a service whose user's login was emptied while Vault's lives", () => {
  it("brings it back, refreshed, beside what else the file holds, and into Vault", async () => {
    const { claudeAiOauth } = await environment.anthropic.login(person("alice").email);
    await writeCredentials(environment, "alice", { claudeAiOauth, mcpOAuth });
    expect(lineOf(await runService(environment, "alice"))).toMatch(/^OK user=alice /);
    const emptied = { ...claudeAiOauth, accessToken: "", refreshToken: "", expiresAt: 0 };
    await writeCredentials(environment, "alice", { claudeAiOauth: emptied, mcpOAuth });

    const ran = await runService(environment, "alice");

    expect(lineOf(ran)).toMatch(/^OK user=alice class=ok reason=restored fleet=\w+ backup=written /);
    const inHome = credentialsFile.parse(JSON.parse((await readCredentials(environment, "alice")) ?? "null"));
    expect(inHome.mcpOAuth).toEqual(mcpOAuth);
    expect(inHome.claudeAiOauth["refreshToken"]).not.toBe(claudeAiOauth.refreshToken);
    const stored = await backup(environment, "alice");
    expect(JSON.parse(z.string().parse(stored?.data["claude_ai_oauth_json"]))).toEqual(inHome.claudeAiOauth);
    expect(await leftovers("alice")).toBe("");
    expect(lineOf(await runService(environment, "alice"))).toMatch(/^OK user=alice class=ok reason=proven /);
  });
});

describe("a service whose user is logged in as somebody else", () => {
  it("fails, names both, and stores nothing", async () => {
    const before = await backup(environment, "alice");
    const { claudeAiOauth } = await environment.anthropic.login("somebody.else@example.com");
    await writeCredentials(environment, "alice", { claudeAiOauth, mcpOAuth });
    const ran = await runService(environment, "alice");
    expect(ran, ran.log).toMatchObject({ code: 23, result: "exit-code" });
    const line = lineOf(ran);
    expect(line).toMatch(/^FAIL user=alice class=ok reason=identity-mismatch /);
    expect(line).toContain("belongs to somebody.else@example.com, but the roster says alice@example.com");
    expect(await backup(environment, "alice")).toEqual(before);
  });
});

describe("a service whose Vault is sealed", () => {
  it("proves the login all the same, and the backup follows when Vault is back", async () => {
    await logIn(environment, "bob");
    expect(lineOf(await runService(environment, "bob"))).toMatch(/^OK user=bob class=ok .*backup=written /);
    const { claudeAiOauth } = await environment.anthropic.login(person("bob").email, {
      expiresAt: Date.now() - 3_600_000,
    });
    await writeCredentials(environment, "bob", { claudeAiOauth });
    const before = await backupMetadata(environment, "bob");
    await asAdmin(environment, { method: "PUT", path: "sys/seal" }, z.unknown());
    try {
      const ran = await runService(environment, "bob");
      expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
      expect(lineOf(ran)).toMatch(/^WARN user=bob class=ok reason=refresh-proven fleet=\w+ backup=pending /);
      expect((await backupNow("bob")).code).toBe(75);
    } finally {
      await repairParts();
    }
    expect(await backupMetadata(environment, "bob")).toEqual(before);
    expect((await backupNow("bob")).code).toBe(0);
    const inHome = credentialsFile.parse(JSON.parse((await readCredentials(environment, "bob")) ?? "null"));
    const stored = await backup(environment, "bob");
    expect(JSON.parse(z.string().parse(stored?.data["claude_ai_oauth_json"]))).toEqual(inHome.claudeAiOauth);
  });
});

/** What the agent must not leave behind: its own temporary files, a restore's folder, locks of Claude Code. */
function leftovers(user: string): Promise<string> {
  const home = `/home/${user}`;
  const state = `${home}/.local/state/claude-auth-sync`;
  const places = `${state} ${home}/.claude ${home}/.claude.lock`;
  return onWorkstation(
    environment,
    `find ${places} -name '*.tmp' -o -name '*.lock' -o -name scratch -o -name identity 2>/dev/null || true`,
  );
}

/** `claude-auth-sync backup`, as the user. */
function backupNow(user: string) {
  const agent = "/usr/local/lib/claude-fleet/current/claude-auth-sync";
  return tryOnWorkstation(environment, `runuser -u ${user} -- ${agent} backup --fleet ${FLEET}`);
}

/** What a run that only says something leaves as it is. */
async function seen(user: string) {
  const { configFolder } = placesOf(user);
  return {
    backup: await backup(environment, user),
    metadata: await backupMetadata(environment, user),
    files: await onWorkstation(environment, `stat -c '%a %U %i %Y %n' ${configFolder} ${configFolder}/*`),
  };
}
