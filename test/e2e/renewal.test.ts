/** What a start of a user's service does: one real inference, a backup of the login alone, one line, an exit code. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { asAdmin, backup, backupMetadata, PREFIX, statusOfToken } from "./support/vault.ts";
import {
  logIn,
  onWorkstation,
  person,
  placesOf,
  readCredentials,
  runService,
  vaultTokenOf,
  writeCredentials,
  type ServiceRun,
} from "./support/workstation.ts";

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

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
});

afterAll(async () => {
  for (const user of ["alice", "bob"]) await logIn(environment, user);
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

/** The one line of a run, without the time before it in sync.log; asserts that the journal has the same. */
function lineOf(ran: ServiceRun): string {
  const [line = "", ...rest] = ran.journal.trimEnd().split("\n");
  expect(rest).toEqual([]);
  expect(ran.log).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z .*\n$/);
  expect(ran.log.slice(ran.log.indexOf(" ") + 1)).toBe(`${line}\n`);
  return line;
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
    expect(lineOf(ran)).toMatch(/^OK user=alice class=ok fleet=test backup=written claude=\d+\.\d+\.\d+ /);
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
    expect(line).toMatch(/^INFO user=carol class=awaiting-login fleet=test backup=none /);
    expect(line).toContain("claude auth login --claudeai --sso --email carol@example.com");
    expect(await inferencesOf("carol", from)).toEqual([]);
    expect(await backup(environment, "carol")).toBeUndefined();
  });
});

describe("a service whose user's login is dead", () => {
  it("fails, and does nothing else", async () => {
    const token = await logIn(environment, "bob");
    expect(lineOf(await runService(environment, "bob"))).toMatch(/^OK user=bob /);
    expect(await environment.anthropic.revoke({ email: person("bob").email })).toBeGreaterThan(0);
    const [before, vaultToken] = [await seen("bob"), await vaultTokenOf(environment, "bob")];

    const from = await lastRequest();
    const ran = await runService(environment, "bob");

    expect(ran, ran.log).toMatchObject({ code: 10, result: "exit-code" });
    expect(lineOf(ran)).toMatch(/^FAIL user=bob class=auth-dead fleet=test backup=none /);
    const asked = await inferencesOf("bob", from);
    expect(asked.map(({ credential }) => credential?.sha256)).toContain(sha256(token));
    expect(asked.filter(({ status }) => status === 200)).toEqual([]);
    expect(await seen("bob")).toEqual(before);
    expect(await statusOfToken(environment, vaultToken ?? "")).toBe(200);
  });
});

/** What a run that only says something leaves as it is. */
async function seen(user: string) {
  const { configFolder } = placesOf(user);
  return {
    backup: await backup(environment, user),
    metadata: await backupMetadata(environment, user),
    files: await onWorkstation(environment, `stat -c '%a %U %i %Y %n' ${configFolder} ${configFolder}/*`),
  };
}
