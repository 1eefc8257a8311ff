/** A home on this machine in which a run is measured: alice's plan, scoped token and entry in Vault, and an invented login. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { loadConfig } from "../../agent/config.ts";
import { credentialsPath } from "../../claude/credentials.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import { checkout } from "../../dev/checkout.ts";
import { command } from "../../lib/process.ts";
import type { DevEnvironment } from "../../dev/environment.ts";

export const USER = "alice";
export const ENTRY = `workstation/claude-users/${USER}`;
const EMAIL = "alice@example.com";

/** Answers at once, so that what is measured is not its own: real ones take a second or more. */
const CLI = `#!/bin/sh
[ "$1" = --version ] && exec echo "2.1.330 (Claude Code)"
[ -z "$CLAUDE_CONFIG_DIR" ] || printf '{"oauthAccount":{"emailAddress":"${EMAIL}","profileFetchedAt":%s}}' "$(date +%s%3N)" > "$CLAUDE_CONFIG_DIR/.claude.json"
echo '{"type":"result","is_error":false,"result":"OK"}'
`;

/** How either is run there. */
export interface BenchHome {
  readonly home: string;
  readonly agent: readonly [string, ...string[]];
  readonly baseline: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
}

/** Makes the home, and builds the agent for it. */
export async function makeHome(environment: DevEnvironment): Promise<BenchHome> {
  const home = await mkdtemp(join(tmpdir(), "claude-fleet-bench-"));
  const places = userPlaces(home);
  for (const folder of [join(home, ".claude"), places.config, places.state])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const [ssh, ...args] = environment.workstationSsh;
  const read = (path: string) => command(ssh, [...args, `cat ${path}`]);
  const fleet = checkout.environment;
  await mkdir(join(home, "etc", fleet), { recursive: true });
  await writeFile(join(home, "etc", fleet, "plan.json"), await read(`/etc/claude-fleet/${fleet}/plan.json`));
  await writeFile(join(home, "machine-id"), await read("/etc/machine-id"));
  await writeFile(places.token, await read(`/home/${USER}/.config/claude-auth-sync/vault-token`), {
    mode: 0o600,
  });
  const claude = join(home, "claude");
  await writeFile(claude, CLI);
  await chmod(claude, 0o755);
  const store = {
    folder: join(home, "etc"),
    owner: process.getuid?.() ?? 0,
    machineIdFile: join(home, "machine-id"),
  };
  const config = await loadConfig({ name: USER, home }, fleet, claude, store);
  const { address } = environment.vault;
  await writeFile(
    join(home, "agent.json"),
    JSON.stringify({ ...config, vault: { ...config.vault, address } }),
  );
  await build({
    entryPoints: [fileURLToPath(new URL("program.ts", import.meta.url))],
    outfile: join(home, "agent.mjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "warning",
    banner: {
      js: "import { createRequire as make } from 'node:module'; const require = make(import.meta.url);",
    },
  });
  return {
    home,
    agent: [process.execPath, join(home, "agent.mjs"), join(home, "agent.json")],
    baseline: ["bash", fileURLToPath(new URL("baseline.sh", import.meta.url))],
    env: {
      HOME: home,
      PATH: [...environment.programs, "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
      VAULT_ADDR: address,
      CLAUDE: claude,
      ENTRY,
      POLICY: `claude-${fleet}-${USER}`,
    },
  };
}

/** A login that follows the one that was there: the same sign-in, other tokens. No server knows it. */
export function nextLogin(signInEnds: number): Readonly<Record<string, unknown>> {
  const name = randomBytes(24).toString("hex");
  return {
    accessToken: `not-a-real-access-token-${name}`,
    refreshToken: `not-a-real-refresh-token-${name}`,
    expiresAt: Date.now() + 8 * 3_600_000,
    refreshTokenExpiresAt: signInEnds,
    scopes: ["user:inference", "user:profile"],
  };
}

/** Puts a login into the home. */
export async function putLogin(home: string, oauth: Readonly<Record<string, unknown>>): Promise<void> {
  await writeFile(credentialsPath(home), JSON.stringify({ claudeAiOauth: oauth }), { mode: 0o600 });
}

/** The last line of the run's own log. */
export async function lastLine(home: string): Promise<string> {
  return (await readFile(userPlaces(home).log, "utf8")).trimEnd().split("\n").at(-1) ?? "";
}
