/** Full runs in the real world, with a shell script as the CLI. */
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig, type AgentConfig } from "../../../agent/config.ts";
import { credentialsPath } from "../../../claude/credentials.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import { agentStatus } from "../../../contract/agent-status.ts";
import { takeLock } from "../../../lib/file-lock.ts";
import { fakePlan } from "../../support/fakes/fake-host.ts";
import { DATA, installClaude, PROFILE, realHome, runOnce, signIn } from "../../support/fakes/real-home.ts";
import { FakeVault } from "../../support/fakes/fake-vault.ts";
import { login } from "../../support/fakes/login.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

let vault: FakeVault;
let home: string;
let config: AgentConfig;

beforeEach(async () => {
  vault = await new FakeVault().start();
  ({ home, config } = await realHome(vault));
});
afterEach(() => vault.close());

const claude = (script: string, version?: string) => installClaude(home, script, version);

test("a proven login is backed up, without the user's other credentials", async () => {
  await signIn(home, login("a"));
  const report = await runOnce(config);
  expect(report).toMatchObject({
    class: "ok",
    backup: "written",
    claude: "2.1.330",
    vaultTtlSeconds: 2_764_800,
  });
  const stored = JSON.stringify(vault.entries.get(DATA)?.data);
  expect(stored).toContain("fake-refresh-a");
  expect(stored).not.toContain("fake-mcp");
  expect(await runOnce(config)).toMatchObject({ class: "ok", backup: "unchanged" });
});

test("a login that was refreshed during the probe is stored refreshed", async () => {
  await signIn(home, login("a"));
  const next = JSON.stringify({ claudeAiOauth: login("b") });
  await writeFile(join(home, "next.json"), next);
  await claude(
    `${PROFILE}\n[ ! -e "$HOME/next.json" ] || mv "$HOME/next.json" "$HOME/.claude/.credentials.json"; echo '{"type":"result","is_error":false}'`,
  );
  expect(await runOnce(config)).toMatchObject({ class: "ok", reason: "refresh-proven", backup: "written" });
  expect(JSON.stringify(vault.entries.get(DATA)?.data)).toContain("fake-refresh-b");
});

test("a refused login is reported, and changes neither the home nor Vault", async () => {
  vault.entries.set(DATA, { data: { setup_token: "kept" }, version: 3 });
  await signIn(home, login("a"));
  const before = await readFile(credentialsPath(home), "utf8");
  await claude(
    'echo \'{"type":"result","is_error":true,"api_error_status":401,"result":"expired"}\'; exit 1',
  );
  expect(await runOnce(config)).toMatchObject({
    word: "WARN",
    class: "transient",
    reason: "refresh",
    exitCode: 12,
    backup: "held",
  });
  expect(vault.entries.get(DATA)?.version).toBe(3);
  expect(await readFile(credentialsPath(home), "utf8")).toBe(before);
});

test("a missing login is awaited before the first login, and dead after it", async () => {
  const awaited = await runOnce(config);
  expect(awaited).toMatchObject({ class: "awaiting-login", backup: "none" });
  expect(awaited.why).toContain("claude auth login --claudeai --sso --email alice@example.com");
  await signIn(home, login("a"));
  await runOnce(config);
  await rm(credentialsPath(home));
  expect(await runOnce(config)).toMatchObject({ class: "auth-dead" });
});

test("trouble with Vault is a warning about the backup, never about the login", async () => {
  await signIn(home, login("a"));
  vault.broken = { status: 503, body: { errors: ["Vault is sealed"] } };
  expect(await runOnce(config)).toMatchObject({ class: "ok", word: "WARN", exitCode: 0, backup: "pending" });
  const status = agentStatus.parse(JSON.parse(await readFile(userPlaces(home).status, "utf8")));
  expect(status).toMatchObject({ word: "WARN", class: "ok", backup: { state: "pending", matches: null } });
});

test("a Vault token of another user is not used, and the login is proven nevertheless", async () => {
  await signIn(home, login("a"));
  await writeFile(userPlaces(home).token, vault.mint("bob").token);
  const report = await runOnce(config);
  expect(report).toMatchObject({
    word: "FAIL",
    class: "ok",
    reason: "refused",
    exitCode: 20,
    claude: "2.1.330",
  });
  expect(report.why).toContain('its user is "bob", not "alice"');
  expect(vault.calls).toEqual(["GET auth/token/lookup-self"]);
});

test("a Vault token that lacks a wanted bound works, and the report of a refused token names the bound networks", async () => {
  await signIn(home, login("a"));
  const bound = { ...config, vault: { ...config.vault, tokenBoundCidrs: ["192.0.2.0/24"] } };
  expect(await runOnce(bound)).toMatchObject({ reason: "proven", backup: "written" });
  vault.tokens.clear();
  const report = await runOnce(bound);
  expect(report.backup).toBe("refused");
  expect(report.why).toContain(
    "or was revoked, or this host is outside of the networks that the token is bound to (192.0.2.0/24).",
  );
});

test.each([
  ["is too old", () => claude("exit 1", "2.1.197"), "at least 2.1.225 is needed"],
  ["is missing", () => rm(join(home, "claude")), "is not installed"],
])("a CLI that %s is not asked", async (_, arrange, words) => {
  await signIn(home, login("a"));
  await arrange();
  const report = await runOnce(config);
  expect(report.class).toBe("tooling");
  expect(report.why).toContain(words);
});

test("a CLI that hangs is left running, and the next run waits for it before it asks again", async () => {
  await signIn(home, login("a"));
  await claude(`${PROFILE}\nsleep 2; touch "$HOME/ended"; echo '{"type":"result","is_error":false}'`);
  const impatient = { ...config, claudeWaitSeconds: 0.3 };
  expect(await runOnce(impatient)).toMatchObject({ class: "tooling", reason: "stuck" });
  expect(await runOnce(impatient)).toMatchObject({ class: "tooling", reason: "stuck" });
  expect(await runOnce({ ...config, claudeWaitSeconds: 20 })).toMatchObject({ class: "ok" });
}, 20_000);

test("a run that finds the lock taken waits for it", async () => {
  await signIn(home, login("a"));
  await mkdir(userPlaces(home).state, { recursive: true });
  const lock = await takeLock(userPlaces(home).lock, 0);
  const run = runOnce(config);
  await sleep(300);
  await lock?.release();
  expect(await run).toMatchObject({ class: "ok" });
}, 20_000);

test("a plan that others than root could have written is refused", async () => {
  const etc = await temporaryFolder();
  await mkdir(join(etc, "dev"));
  const path = join(etc, "dev/plan.json");
  const machineIdFile = join(etc, "machine-id");
  await writeFile(machineIdFile, `${"1".repeat(32)}\n`);
  await writeFile(path, JSON.stringify(fakePlan(vault, ["alice", "bob!"])));
  const owner = process.getuid?.() ?? 0;
  const load = (name: string, store: { folder: string; owner: number }) =>
    loadConfig({ name, home }, "dev", undefined, { ...store, machineIdFile });
  await chmod(path, 0o664);
  await expect(load("alice", { folder: etc, owner })).rejects.toThrow("can be written by others than root");
  await chmod(path, 0o644);
  await expect(load("alice", { folder: etc, owner: owner + 1 })).rejects.toThrow("can be written by others");
  await expect(load("bob", { folder: etc, owner })).rejects.toThrow(
    "No fleet on this host renews the login of bob",
  );
});
