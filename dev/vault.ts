/** The dev environment's Vault: OpenBao with storage on disk, initialised and unsealed here. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { vaultRequest, type VaultAnswer } from "../lib/vault-http.ts";
import { type CertificateFiles, ensureCertificates } from "./certificates.ts";
import { checkout, devFolder } from "./checkout.ts";
import type { Ports } from "./ports.ts";
import { findProcess, startProcess, stopProcess } from "./processes.ts";
import type { Say } from "../lib/say.ts";

const NAME = "openbao";

/** Name by which the workstation reaches it; the committed roster has it. */
export const VAULT_HOST = "vault.dev.internal";

/** Port on the Docker network's gateway; the committed roster names it. */
const VAULT_CONTAINER_PORT = 8200;

/** The KV version 2 mount. */
const MOUNT = "secret";

const initFile = () => join(devFolder("vault"), "init.json");
const rootTokenFile = () => join(checkout.folder, "vault/root-token");

const initAnswer = z.object({ keys_base64: z.array(z.string()).length(1), root_token: z.string().min(1) });
const sealStatus = z.object({ sealed: z.boolean() });

/** Address on loopback. */
export const vaultAddress = (ports: Ports) => `http://127.0.0.1:${ports.vault}`;

/** Absolute path of the certificate of the authority that the workstation must trust. */
export const vaultAuthorityFile = () => join(checkout.folder, "vault/tls/ca.pem");

/** The root token; undefined before the first `up`. */
export function vaultRootToken(): string | undefined {
  return existsSync(rootTokenFile()) ? readFileSync(rootTokenFile(), "utf8") : undefined;
}

/**
 * Makes sure that the server runs, is initialised and unsealed, and has its KV mount. Nothing that it holds is lost
 * when it was killed.
 * @param program absolute path of `bao`
 * @param gateway address on which containers reach it
 */
export async function ensureVault(program: string, ports: Ports, gateway: string, say: Say): Promise<string> {
  const certificates = await ensureCertificates(devFolder("vault", "tls"), {
    name: "claude-fleet development Vault",
    hosts: [VAULT_HOST],
  });
  const config = serverConfig(ports, gateway, certificates);
  const configFile = join(devFolder("vault"), "server.json");
  const same = existsSync(configFile) && readFileSync(configFile, "utf8") === config;
  if (!same) await stopProcess(NAME);
  if (!existsSync(initFile())) {
    // An interrupted initialisation leaves storage that cannot be initialised again. Its key was never recorded.
    await stopProcess(NAME);
    rmSync(devFolder("vault", "data"), { recursive: true, force: true });
  }
  if (!findProcess(NAME) || !(await status(ports))) {
    await stopProcess(NAME);
    say("starts the server");
    await writeFileAtomic(configFile, config, { mode: 0o600 });
    devFolder("vault", "data");
    await startProcess({
      name: NAME,
      program,
      args: ["server", `-config=${configFile}`],
      ready: async () => (await status(ports)) !== undefined,
      readySeconds: 30,
    });
  }
  if (!existsSync(initFile())) await initialise(ports, say);
  if ((await status(ports))?.sealed) await unseal(ports, say);
  await ensureMount(ports, say);
  return vaultAddress(ports);
}

/** Stops the server; what it holds stays on disk. */
export const stopVault = () => stopProcess(NAME);

/** OpenBao reads JSON as well as HCL. Raft: it has no plain file storage (any more). */
function serverConfig(ports: Ports, gateway: string, tls: CertificateFiles): string {
  const config = {
    storage: { raft: { path: devFolder("vault", "data"), node_id: "dev" } },
    listener: [
      { tcp: { address: `127.0.0.1:${ports.vault}`, tls_disable: true } },
      {
        tcp: {
          address: `${gateway}:${VAULT_CONTAINER_PORT}`,
          tls_cert_file: tls.certificate,
          tls_key_file: tls.key,
        },
      },
    ],
    api_addr: vaultAddress(ports),
    cluster_addr: `http://127.0.0.1:${ports.vaultCluster}`,
  };
  return JSON.stringify(config, undefined, 2);
}

function call(ports: Ports, method: "GET" | "POST", path: string, body?: unknown, token?: string) {
  const server = { address: vaultAddress(ports), namespace: "", caPem: undefined, token, deadlineMs: 60_000 };
  return vaultRequest(server, { method, path, ...(body === undefined ? {} : { body }) });
}

/** @throws {ExpectedError} for anything but a success */
function success(answer: VaultAnswer, what: string): unknown {
  if (answer.kind === "answer" && answer.status < 300) return answer.body;
  const why = answer.kind === "none" ? answer.why : `status ${answer.status}`;
  throw new ExpectedError(
    `OpenBao refused to ${what} (${why}); its log is ${join(checkout.folder, "log/openbao.log")}.`,
  );
}

async function status(ports: Ports): Promise<z.infer<typeof sealStatus> | undefined> {
  const answer = await call(ports, "GET", "sys/seal-status");
  return answer.kind === "answer" ? sealStatus.safeParse(answer.body).data : undefined;
}

async function initialise(ports: Ports, say: Say): Promise<void> {
  say("initialises it");
  const answer = await call(ports, "POST", "sys/init", { secret_shares: 1, secret_threshold: 1 });
  const init = initAnswer.parse(success(answer, "be initialised"));
  await writeFileAtomic(rootTokenFile(), init.root_token, { mode: 0o600 });
  await writeFileAtomic(initFile(), JSON.stringify(init), { mode: 0o600 });
}

async function unseal(ports: Ports, say: Say): Promise<void> {
  say("unseals it");
  const init = initAnswer.parse(JSON.parse(readFileSync(initFile(), "utf8")));
  success(await call(ports, "POST", "sys/unseal", { key: init.keys_base64[0] }), "be unsealed");
  for (let waited = 0; waited < 30_000; waited += 100) {
    const health = await call(ports, "GET", "sys/health");
    // 200: active. A single node is a standby (429) for a moment, until it has elected itself.
    if (health.kind === "answer" && health.status === 200) return;
    await sleep(100);
  }
  throw new ExpectedError(
    `OpenBao did not become active within 30 s; its log is ${join(checkout.folder, "log/openbao.log")}.`,
  );
}

async function ensureMount(ports: Ports, say: Say): Promise<void> {
  const token = vaultRootToken();
  const mounts = z
    .record(z.string(), z.unknown())
    .parse(success(await call(ports, "GET", "sys/mounts", undefined, token), "list its mounts"));
  if (`${MOUNT}/` in mounts) return;
  say(`mounts ${MOUNT}`);
  const mount = { type: "kv", options: { version: "2" } };
  success(await call(ports, "POST", `sys/mounts/${MOUNT}`, mount, token), `mount ${MOUNT}`);
  // A new version 2 mount upgrades itself for a moment, and answers writes with 400 meanwhile.
  for (let waited = 0; waited < 10_000; waited += 100) {
    const config = await call(ports, "GET", `${MOUNT}/config`, undefined, token);
    if (config.kind === "answer" && config.status === 200) return;
    await sleep(100);
  }
}
