/** The token file that the five services follow: on this machine, which plays the token host. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import type { AnthropicControl } from "./stand-ins/anthropic/client.ts";
import { checkout, devFolder } from "./checkout.ts";

/** Absolute path of the token file, the candidate for the rollout. */
export const tokenFile = join(checkout.folder, "token-host/auth.json");

/** Whose setup token it is. */
const EMAIL = "platform@example.com";

/** Owner of the file. The machine needs no account with this number. */
const OWNER = { uid: 1000, gid: 1000 };

/** Writes a token file with a fresh setup token where there is none. */
export async function ensureTokenFile(control: AnthropicControl): Promise<string> {
  if (existsSync(tokenFile)) return "already there";
  devFolder("token-host");
  await writeTokenFile(await control.setupToken(EMAIL));
  return tokenFile;
}

/** Puts another content at the token file's place, as an operator's copy does. */
export async function writeTokenFile(content: unknown, file = tokenFile): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(content)}\n`, { mode: 0o600, owner: OWNER });
}

/** Absolute path of the environment file in which services look for the bare token, and the gateway's clients for its key. */
export const environmentFile = join(checkout.folder, "token-host/.env.production");

/** Writes it with a fresh key of the gateway where there is none, and with the token of the file beside it. */
export async function ensureEnvironmentFile(): Promise<string> {
  if (existsSync(environmentFile)) return "already there";
  const { claudeAiOauth } = JSON.parse(readFileSync(tokenFile, "utf8")) as {
    claudeAiOauth: { accessToken: string };
  };
  const lines = [
    "# The services' environment.",
    `CM_FLEET_GATEWAY_KEY=cmk_${randomBytes(24).toString("hex")}`,
    `CLAUDE_CODE_OAUTH_TOKEN=${claudeAiOauth.accessToken}`,
    `ANTHROPIC_API_KEY=${claudeAiOauth.accessToken}`,
    "LOG_LEVEL=info",
  ];
  await writeFileAtomic(environmentFile, `${lines.join("\n")}\n`, { mode: 0o600, owner: OWNER });
  return environmentFile;
}

/** What the gateway's container knows of its key. */
export function gatewayKeySha256(): string {
  const key = /^CM_FLEET_GATEWAY_KEY=(.*)$/m.exec(readFileSync(environmentFile, "utf8"))?.[1] ?? "";
  return createHash("sha256").update(key).digest("hex");
}

/** What the site's query prints as the number of failed tasks: the file is for tests to write. */
export const failedTasksFile = join(checkout.folder, "token-host/failed-tasks");

/** The site's small task and query, as words of commands; see dev/site/. */
export function siteCommands(gatewayPort: number, gatewayContainer: string) {
  const program = (name: string) => [process.execPath, join(checkout.root, "dev/site", name)];
  return {
    task: [
      ...program("run-small-task.mjs"),
      environmentFile,
      `http://127.0.0.1:${gatewayPort}`,
      gatewayContainer,
    ],
    failedTasks: [...program("count-failed-tasks.mjs"), failedTasksFile],
  };
}
