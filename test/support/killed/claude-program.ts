/** The model of the CLI as a program on real files. A file beside it names the address of its server. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { realFiles } from "../../../agent/real-files.ts";
import { askModel } from "../simulation/claude-model.ts";
import type { MessageReply, RefreshReply } from "../simulation/oauth-server.ts";
import type { CliPort } from "../simulation/claude-port.ts";

const VERSION = "2.1.330";

async function ask<T>(path: string, token: string, folder: string): Promise<T> {
  const address = (await readFile(`${process.argv[1]}.server`, "utf8")).trim();
  const body = JSON.stringify({ token, folder, pid: process.pid });
  return new Promise((resolve, reject) => {
    const call = request(`${address}/${path}`, { method: "POST", agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")) as T));
    });
    call.on("error", reject);
    call.end(body);
  });
}

if (process.argv[2] === "--version") {
  process.stdout.write(`${VERSION} (Claude Code)\n`);
} else {
  const home = process.env["HOME"] ?? "";
  const configured = process.env["CLAUDE_CONFIG_DIR"];
  const folder = configured ?? join(home, ".claude");
  const port: CliPort = {
    version: VERSION,
    folder,
    configuration: join(configured ?? home, ".claude.json"),
    files: realFiles,
    retries: 1,
    timeoutMs: 5000,
    environment: {},
    message: (token) => ask<MessageReply>("message", token, folder),
    refresh: (token) => ask<RefreshReply>("refresh", token, folder),
    profile: async (token) => (await ask<{ email?: string }>("profile", token, folder)).email,
    sleep: (milliseconds) => sleep(milliseconds),
    now: () => Date.now(),
    wallClock: () => Date.now(),
    random: (bytes) => randomBytes(bytes).toString("hex"),
  };
  const { code, stdout } = await askModel(port);
  process.stdout.write(`${stdout}\n`);
  // The touching of locks need not be awaited.
  process.exit(code);
}
