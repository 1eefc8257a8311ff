/** One run of the agent: proves the login by a real inference and backs it up; on anything else it only says so. */
import { mkdir } from "node:fs/promises";
import { readMachineId } from "../lib/machine-id.ts";
import { problemsOf } from "../lib/expected-error.ts";
import { takeLock } from "../lib/file-lock.ts";
import { backUp, type BackupEnd } from "./backup.ts";
import { claudeVersion, findClaude, isOlder, probeArguments, probeEnvironment } from "./claude-command.ts";
import type { AgentConfig } from "./config.ts";
import { fingerprint, readCredentials, type CredentialState } from "./credentials.ts";
import { readMemory, writeMemory, type Memory } from "./memory.ts";
import { userPlaces } from "./places.ts";
import { awaitFormer, probe } from "./probe.ts";
import type { Report } from "./report.ts";
import { notStorable } from "./storable.ts";
import { openVault, type VaultAccess } from "./vault-access.ts";
import { judgeProbe } from "./verdict.ts";

/** What a run found out, before it is said whose it is. */
type Finding = Omit<Report, "user" | "fleet">;

const MODEL = "haiku";

/** Runs once, under the user's own lock. Expected trouble is in the report; it throws only for a broken home. */
export async function runOnce(config: AgentConfig): Promise<Report> {
  const places = userPlaces(config.home);
  await mkdir(places.state, { recursive: true, mode: 0o700 });
  const lock = await takeLock(places.lock, 0);
  if (lock === undefined) {
    return { ...owner(config), class: "busy", backup: "none", why: "another run is under way" };
  }
  try {
    return { ...owner(config), ...(await underLock(config)) };
  } catch (error) {
    return { ...owner(config), class: "tooling", backup: "none", why: problemsOf(error).join(" ") };
  } finally {
    await lock.release();
  }
}

function owner(config: AgentConfig): Pick<Report, "user" | "fleet"> {
  return { user: config.user, fleet: config.fleet };
}

async function underLock(config: AgentConfig): Promise<Finding> {
  const { home } = config;
  const memory = await readMemory(home);
  if (memory.probe !== null && !(await awaitFormer(memory.probe, config.claudeWaitSeconds))) {
    return {
      class: "stuck",
      backup: "none",
      why: `the CLI of an earlier run still lives (process ${memory.probe.pid})`,
    };
  }
  const vault = await openVault(config);
  const ttl = vault.kind === "ready" ? { vaultTtlSeconds: vault.ttlSeconds } : {};
  const finding = { ...(await prove(config, memory, vault)), ...ttl };
  // What Vault refuses needs an operator even where the login is fine; a dead login is the greater trouble.
  const fine = finding.class === "ok" || finding.class === "awaiting-login";
  return fine && vault.kind === "refused" ? { ...finding, class: "vault-token", why: vault.why } : finding;
}

async function prove(config: AgentConfig, memory: Memory, vault: VaultAccess): Promise<Finding> {
  const { home } = config;
  const before = await readCredentials(home);
  if (before.kind === "unreadable") {
    return { class: "tooling", backup: "none", why: `the credentials file: ${before.why}` };
  }
  if (before.kind !== "usable") return withoutLogin(config, memory, vault, before);
  const unstorable = await notStorable(home);
  if (unstorable !== undefined) return { class: "tooling", backup: "none", why: unstorable };

  const env = probeEnvironment({ name: config.user, home }, process.env);
  const cli = await findCli(config, env);
  if ("why" in cli) return { class: "tooling", backup: "none", why: cli.why };
  const end = await probe({
    claude: cli.path,
    args: probeArguments(MODEL),
    env,
    cwd: userPlaces(home).probe,
    scratch: userPlaces(home).state,
    waitSeconds: config.claudeWaitSeconds,
  });
  const after = await readCredentials(home);
  const verdict = judgeProbe(end, before, after);
  const seen = after.kind === "usable" ? fingerprint(after.oauth) : fingerprint(before.oauth);
  await writeMemory(home, { ...memory, seen, probe: end.kind === "stuck" ? end.mark : null });
  if (verdict.class !== "ok" || after.kind !== "usable") {
    const odd =
      verdict.class === "ok"
        ? { class: "unknown" as const, why: "the login vanished while it was proven" }
        : verdict;
    return { ...odd, backup: "none", claude: cli.version };
  }
  return { ...(await keep(config, vault, after)), claude: cli.version };
}

/** None, blank or corrupt: a user who never logged in here is no failure, one who did is. */
async function withoutLogin(
  config: AgentConfig,
  memory: Memory,
  vault: VaultAccess,
  state: Exclude<CredentialState, { kind: "usable" }>,
): Promise<Finding> {
  const login = `${config.user} runs \`claude auth login --claudeai --sso --email ${config.email}\` on this host`;
  const why = `${stateWords(state)}; ${login}`;
  const known = memory.seen !== null || (await backupOfThisMachine(config, vault));
  return { class: known ? "auth-dead" : "awaiting-login", backup: "none", why };
}

function stateWords(state: CredentialState): string {
  if (state.kind === "none") return "there is no login";
  return state.kind === "blank" ? "the CLI has emptied the login" : "the credentials file is corrupt";
}

async function backupOfThisMachine(config: AgentConfig, vault: VaultAccess): Promise<boolean> {
  if (vault.kind !== "ready") return false;
  const entry = await vault.client.kvRead(config.dataPath);
  return (
    entry.kind === "ok" && entry.value.data["machine_id"] === (await readMachineId(config.machineIdFile))
  );
}

async function findCli(
  config: AgentConfig,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly path: string; readonly version: string } | { readonly why: string }> {
  const path = await findClaude(config.home, config.claude);
  if (path === undefined) {
    const where = config.claude ?? "its usual places";
    return {
      why: `Claude Code is not installed in ${where}; install it for ${config.user}, or set \`claude\` in the roster`,
    };
  }
  const asked = await claudeVersion(path, env);
  if ("why" in asked) return { why: `${path} --version: ${asked.why}` };
  if (!isOlder(asked.version, config.minClaudeVersion)) return { path, version: asked.version };
  return {
    why: `${path} is ${asked.version}, at least ${config.minClaudeVersion} is needed: run \`claude update\``,
  };
}

async function keep(
  config: AgentConfig,
  vault: VaultAccess,
  state: Extract<CredentialState, { kind: "usable" }>,
): Promise<Finding> {
  if (vault.kind !== "ready") return { class: "ok", word: "WARN", backup: "pending", why: vault.why };
  const facts = { machineId: await readMachineId(config.machineIdFile), now: new Date() };
  return afterBackup(await backUp(vault.client, config.dataPath, state.oauth, facts));
}

/** What a backup's end makes of a run whose login is proven. */
export function afterBackup(end: BackupEnd): Finding {
  switch (end.kind) {
    case "written":
    case "unchanged":
      return { class: "ok", backup: end.kind };
    case "pending":
    case "incomplete":
      return { class: "ok", word: "WARN", backup: "pending", why: end.why };
    case "refused":
      return { class: "vault-token", backup: "pending", why: end.why };
    case "foreign":
      return { class: "foreign-backup", backup: "none", why: end.why };
  }
}
