// The real servers that the plugins' tests may use. Variables of their own name them, so that a test never takes a Vault or
// engine of the developer by accident.
import Docker from "dockerode";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { vaultRequest } from "../../../lib/vault-http.ts";
import { command } from "../../../lib/process.ts";

/** A Vault or OpenBao server that tests may fill and empty: CLAUDE_FLEET_TEST_VAULT_ADDR and _TOKEN (of root). */
export const vault = readVault(process.env);

/** A Docker engine that tests may use: CLAUDE_FLEET_TEST_DOCKER_HOST, a unix:// address. */
export const dockerHost = process.env["CLAUDE_FLEET_TEST_DOCKER_HOST"];

/** Asks Vault directly; gives the status and the answer's `data`. */
export async function askVault(
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<{ status: number; data: unknown }> {
  if (vault === undefined) throw new Error("No Vault server is named for the tests.");
  const server = { ...vault, namespace: "", caPem: undefined };
  const answer = await vaultRequest(server, { method, path, ...(body === undefined ? {} : { body }) });
  if (answer.kind === "none") throw new Error(`Vault gives no answer: ${answer.why}`);
  const data = (answer.body as { data?: unknown } | undefined)?.data;
  return { status: answer.status, data };
}

/** The engine, asked directly. */
export function docker(): Docker {
  if (dockerHost === undefined) throw new Error("No Docker engine is named for the tests.");
  return new Docker({ socketPath: new URL(dockerHost).pathname, host: "" });
}

/** The image of the tests' containers. */
export const IMAGE = "claude-fleet-test-shell";

/** Makes an image with a shell, `sleep` and `cat` of this machine: no image can be pulled everywhere. */
export async function makeImage(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "claude-fleet-image-"));
  try {
    for (const program of ["/bin/sh", "/bin/sleep", "/bin/cat"]) {
      const libraries = (await command("ldd", [program])).match(/\/\S+/g) ?? [];
      for (const file of [program, ...libraries]) {
        mkdirSync(join(root, dirname(file)), { recursive: true });
        copyFileSync(file, join(root, file));
      }
    }
    mkdirSync(join(root, "tmp"));
    const file = `${root}.tar`;
    await command("tar", ["-C", root, "-c", "-f", file, "."]);
    const stream = await docker().importImage(file, { repo: IMAGE, tag: "latest" });
    await new Promise<void>((resolve, reject) => {
      docker().modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
    rmSync(`${root}.tar`, { force: true });
  }
}

function readVault(env: NodeJS.ProcessEnv): { address: string; token: string } | undefined {
  const address = env["CLAUDE_FLEET_TEST_VAULT_ADDR"];
  const token = env["CLAUDE_FLEET_TEST_VAULT_TOKEN"];
  return address === undefined || token === undefined ? undefined : { address, token };
}
