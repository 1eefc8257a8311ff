/** Starts and stops a Docker engine that shares nothing with others: data, sockets, bridge and names are its own. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { checkout, devFolder, LABEL, privateFolder } from "./checkout.ts";
import { command } from "../lib/process.ts";
import { findProgram } from "./find-program.ts";
import { removeFirewallRules, retryFirewall } from "./firewall.ts";
import { usedSubnets } from "./local-addresses.ts";
import { findProcess, startProcess, stopProcess } from "./processes.ts";
import type { Say } from "../lib/say.ts";
import { freeSubnet, hostAddress } from "./subnets.ts";

const NAME = "dockerd";

/** Interface names have at most 15 characters. */
const bridgeName = `cfdev-${checkout.id.slice(0, 8)}`;

/**
 * Makes sure that the own engine runs, after a reboot or a `kill -9` too.
 * @param answers whether an engine serves at an address
 * @returns its address
 * @throws {ExpectedError} without root, without `dockerd`, or when it does not come up; the end of its log is in it
 */
export async function startOwnEngine(say: Say, answers: (host: string) => Promise<boolean>): Promise<string> {
  const sockets = socketFolder();
  const host = `unix://${join(sockets, "docker.sock")}`;
  if (findProcess(NAME) && (await answers(host))) return host;
  const program = findProgram("dockerd");
  if (process.getuid?.() !== 0 || !program) {
    throw new ExpectedError(
      `No Docker engine runs on this machine and none can be started (${program ? "that needs root" : "dockerd is missing"}): start one, or run this as root.`,
    );
  }
  await stopProcess(NAME);
  await ensureBridge();
  say(`starts an engine of its own, with its data in ${join(checkout.folder, "engine")}`);
  const pidFile = join(sockets, "dockerd.pid");
  // dockerd refuses to start while the pid file of a killed one names a pid that lives again as something else.
  rmSync(pidFile, { force: true });
  // It waits in vain for the containerd of a killed one, which died with it, as long as something bears its number.
  rmSync(join(sockets, "exec/containerd/containerd.pid"), { force: true });
  // All settings in a file of our own: the system's /etc/docker/daemon.json is for the system's engine.
  const settings = {
    "data-root": devFolder("engine", "data"),
    "exec-root": privateFolder(join(sockets, "exec")),
    pidfile: pidFile,
    hosts: [host],
    bridge: bridgeName,
    labels: [`${LABEL}=${checkout.id}`],
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m" },
  };
  const settingsFile = join(devFolder("engine"), "daemon.json");
  await writeFileAtomic(settingsFile, JSON.stringify(settings, undefined, 2), { mode: 0o600 });
  const engine = {
    name: NAME,
    program,
    // A containerd of the system is used where one runs, hence names of our own in it. dockerd takes these two as
    // arguments only: it checks the file's keys against its flags, but reads one of them under another name.
    args: [
      "--config-file",
      settingsFile,
      `--containerd-namespace=${checkout.prefix}`,
      `--containerd-plugins-namespace=${checkout.prefix}-plugins`,
    ],
    env: { ...process.env, DOCKER_HOST: "" },
    ready: () => answers(host),
    readySeconds: 60,
  };
  await retryFirewall(() => startProcess(engine));
  return host;
}

/** Stops the own engine, and removes its bridge and firewall rules. Does nothing where there is none. */
export async function stopOwnEngine(): Promise<void> {
  await stopProcess(NAME, 30);
  if (existsSync(`/sys/class/net/${bridgeName}`)) {
    await command("ip", ["link", "delete", bridgeName]);
    await removeFirewallRules([bridgeName]);
  }
  const sockets = socketFolder();
  if (!sockets.startsWith(checkout.folder)) rmSync(sockets, { recursive: true, force: true });
}

/**
 * Where its sockets lie. A socket's path has at most 107 bytes (unix(7)) and containerd puts some 50 of its own
 * below, so a checkout that lies deep keeps them under /run.
 */
function socketFolder(): string {
  const inside = join(checkout.folder, "engine/run");
  return privateFolder(inside.length <= 50 ? inside : `/run/claude-fleet-${checkout.id}`);
}

/** The bridge of containers that name no network: docker0 may be another engine's. A reboot takes it away. */
async function ensureBridge(): Promise<void> {
  if (existsSync(`/sys/class/net/${bridgeName}`)) return;
  const subnet = freeSubnet(parseInt(checkout.id.slice(0, 4), 16), await usedSubnets());
  await command("ip", ["link", "add", "name", bridgeName, "type", "bridge"]);
  await command("ip", ["address", "add", `${hostAddress(subnet, 1)}/${subnet.bits}`, "dev", bridgeName]);
  await command("ip", ["link", "set", bridgeName, "up"]);
}
