/** Keys and client settings for the workstation: made once, pinned, and used by nothing else. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { checkout, devFolder } from "./checkout.ts";
import { command } from "../lib/process.ts";
import type { Ports } from "./ports.ts";

/** Name of the workstation in the roster, and its alias in the ssh settings. */
export const WORKSTATION = "devvm";

const path = (name: string) => join(checkout.folder, "ssh", name);

/** Absolute path of the ssh_config file. */
export const sshConfigFile = path("config");

/** The argv that opens a root shell on the workstation, or runs the words that follow there. */
export const sshCommand: readonly [string, ...string[]] = ["ssh", "-F", sshConfigFile, WORKSTATION];

/** Contents of key files that the workstation must have. The host key is secret. */
export interface SshKeys {
  readonly hostKey: string;
  readonly hostPublicKey: string;
  readonly authorizedKey: string;
}

/** Makes the login's and the host's key pair where missing, and writes the client's settings. */
export async function ensureSsh(ports: Ports): Promise<SshKeys> {
  devFolder("ssh");
  for (const name of ["id_ed25519", "host_ed25519"]) await ensureKeyPair(path(name));
  const keys = {
    hostKey: readFileSync(path("host_ed25519"), "utf8"),
    hostPublicKey: readFileSync(path("host_ed25519.pub"), "utf8"),
    authorizedKey: readFileSync(path("id_ed25519.pub"), "utf8"),
  };
  const [type, key] = keys.hostPublicKey.split(" ");
  await writeFileAtomic(path("known_hosts"), `${WORKSTATION} ${type} ${key}\n`, { mode: 0o600 });
  const settings = [
    `Host ${WORKSTATION}`,
    "  HostName 127.0.0.1",
    `  Port ${ports.ssh}`,
    "  User root",
    `  HostKeyAlias ${WORKSTATION}`,
    `  IdentityFile "${path("id_ed25519")}"`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile "${path("known_hosts")}"`,
    "  GlobalKnownHostsFile /dev/null",
    "  StrictHostKeyChecking yes",
    "  BatchMode yes",
  ];
  await writeFileAtomic(sshConfigFile, `${settings.join("\n")}\n`, { mode: 0o600 });
  return keys;
}

/** Runs words of a shell command on the workstation as root, with this standard input; returns what it prints. */
export function onWorkstation(shellCommand: string, input = ""): Promise<string> {
  const [program, ...args] = sshCommand;
  return command(program, [...args, shellCommand], { input });
}

async function ensureKeyPair(file: string): Promise<void> {
  // The public key is written last. A pair without its public key was interrupted, and is created again.
  if (existsSync(`${file}.pub`)) return;
  await command("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", checkout.prefix, "-f", file], {
    input: "y\n",
  });
}
