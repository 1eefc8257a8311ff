/** A home in a folder, with a shell script as the CLI, for full runs in the real world. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig, type AgentConfig } from "../../../agent/config.ts";
import { realWorld } from "../../../agent/real-world.ts";
import { runAgent } from "../../../agent/run.ts";
import { credentialsPath } from "../../../claude/credentials.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import type { Report } from "../../../contract/agent-report.ts";
import { fakePlan } from "./fake-host.ts";
import type { FakeVault } from "./fake-vault.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The CLI fetches the profile when its folder has none. */
export const PROFILE = `dir="\${CLAUDE_CONFIG_DIR:-$HOME}"
[ -e "$dir/.claude.json" ] || printf '{"oauthAccount":{"emailAddress":"alice@example.com","profileFetchedAt":%s}}' "$(date +%s%3N)" > "$dir/.claude.json"`;

/** What the CLI prints after a real inference. */
export const PROVEN = `echo '{"type":"result","is_error":false,"result":"OK"}'`;

/** Where the backup of alice lies in Vault. */
export const DATA = "secret/data/users/alice";

/** Makes the home of alice, enrolled in `vault`, and returns it with her configuration. */
export async function realHome(vault: FakeVault): Promise<{ home: string; config: AgentConfig }> {
  const [home, etc] = [await temporaryFolder(), await temporaryFolder()];
  await mkdir(join(etc, "dev"));
  const path = join(etc, "dev/plan.json");
  await writeFile(path, JSON.stringify(fakePlan(vault, ["alice"])), { mode: 0o644 });
  await chmod(path, 0o644);
  const machineIdFile = join(etc, "machine-id");
  await writeFile(machineIdFile, `${"1".repeat(32)}\n`);
  const store = { folder: etc, owner: process.getuid?.() ?? 0, machineIdFile };
  const config = await loadConfig({ name: "alice", home }, "dev", join(home, "claude"), store);
  await mkdir(userPlaces(home).config, { recursive: true });
  await writeFile(userPlaces(home).token, `${vault.mint("alice").token}\n`, { mode: 0o600 });
  await installClaude(home, `${PROFILE}\n${PROVEN}`);
  return { home, config };
}

/** Installs a CLI that runs this script when it is asked. */
export async function installClaude(home: string, script: string, version = "2.1.330"): Promise<void> {
  const path = join(home, "claude");
  const answer = `[ "$1" = --version ] && { echo "${version} (Claude Code)"; exit; }`;
  await writeFile(path, `#!/bin/sh\n${answer}\n${script}\n`);
  await chmod(path, 0o755);
}

/** Writes the credentials file as a sign-in does. */
export async function signIn(home: string, oauth: Record<string, unknown>): Promise<void> {
  await mkdir(join(home, ".claude"), { recursive: true });
  const content = { claudeAiOauth: oauth, mcpOAuth: { secret: "fake-mcp" } };
  await writeFile(credentialsPath(home), JSON.stringify(content), { mode: 0o600 });
}

/** Runs once in the real world. */
export async function runOnce(as: AgentConfig): Promise<Report> {
  const { report } = await runAgent(realWorld(as), as, "run");
  if (report === undefined) throw new Error("the run had nothing to say");
  return report;
}
