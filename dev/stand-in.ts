/** Runs the stand-in for Anthropic: on loopback for this machine, on the network's gateway for the containers. */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { AnthropicControl } from "./stand-ins/anthropic/client.ts";
import type { Listener } from "./stand-ins/anthropic/server.ts";
import { contentKey } from "../lib/cache.ts";
import { checkout, devFolder } from "./checkout.ts";
import type { Ports } from "./ports.ts";
import { findProcess, startProcess, stopProcess } from "./processes.ts";
import type { Say } from "../lib/say.ts";

const NAME = "anthropic";
const SOURCES = join(checkout.root, "dev/stand-ins/anthropic");

const secretFile = () => join(checkout.folder, "anthropic/control-secret");

/** Absolute path of the certificate of its authority. */
export const authorityFile = () => join(checkout.folder, "anthropic/ca.pem");

/** Base URL for what runs on this machine, as ANTHROPIC_BASE_URL takes it. */
export const apiUrl = (ports: Ports) => `http://127.0.0.1:${ports.anthropic}`;

/** A client of the control endpoint; undefined before the first `up`. */
export function anthropicControl(ports: Ports): AnthropicControl | undefined {
  const secret = controlSecret();
  return secret === undefined ? undefined : new AnthropicControl(apiUrl(ports), secret);
}

/** The control endpoint's secret; undefined before the first `up`. */
export function controlSecret(): string | undefined {
  return existsSync(secretFile()) ? readFileSync(secretFile(), "utf8") : undefined;
}

/** Makes sure that the stand-in runs, with its own sources as they are now. What it has issued outlives a restart. */
export async function ensureStandIn(ports: Ports, gateway: string, say: Say): Promise<AnthropicControl> {
  const folder = devFolder("anthropic");
  if (!existsSync(secretFile())) {
    await writeFileAtomic(secretFile(), randomBytes(24).toString("hex"), { mode: 0o600 });
  }
  const control = anthropicControl(ports);
  if (!control) throw new Error("The control secret was written and is not there.");
  const configFile = join(folder, "config.json");
  const config = JSON.stringify(
    { sources: sourcesKey(), listeners: listeners(ports, gateway) },
    undefined,
    2,
  );
  const same = existsSync(configFile) && readFileSync(configFile, "utf8") === config;
  if (same && findProcess(NAME) && (await control.healthy())) return control;
  await stopProcess(NAME, 2);
  say("starts it");
  await writeFileAtomic(configFile, config, { mode: 0o600 });
  await startProcess({
    name: NAME,
    program: process.execPath,
    args: ["--import", import.meta.resolve("tsx"), join(SOURCES, "main.ts"), folder],
    ready: () => control.healthy(),
    readySeconds: 30,
  });
  return control;
}

/** Stops it; what it has issued stays on disk. */
export const stopStandIn = () => stopProcess(NAME, 2);

function listeners(ports: Ports, gateway: string): readonly Listener[] {
  return [
    { name: "loopback", address: "127.0.0.1", port: ports.anthropic, tls: false, control: true },
    { name: "loopback-tls", address: "127.0.0.1", port: ports.anthropicTls, tls: true, control: false },
    { name: "containers", address: gateway, port: ports.anthropic, tls: false, control: false },
    // The names of /etc/hosts carry no port.
    { name: "containers-tls", address: gateway, port: 443, tls: true, control: false },
  ];
}

function sourcesKey(): string {
  return contentKey(
    readdirSync(SOURCES)
      .sort()
      .map((name) => readFileSync(join(SOURCES, name), "utf8")),
  );
}
