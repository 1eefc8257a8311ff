/** The files of the workstation's own: keys, certificates, settings of sshd and the journal. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { checkout, devFolder } from "./checkout.ts";
import type { Ports } from "./ports.ts";
import type { SshKeys } from "./ssh.ts";

/** What the workstation is made with. */
export interface WorkstationParts {
  readonly ports: Ports;
  readonly gateway: string;
  readonly keys: SshKeys;
  /** PEM texts of the authorities for the system's store, by file name. */
  readonly authorities: Readonly<Record<string, string>>;
}

/** What the machine calls itself, in 32 hexadecimal digits. */
const machineId = createHash("sha256").update(`machine-id ${checkout.id}`).digest("hex").slice(0, 32);

/**
 * Writes the files that must lie on the workstation before it boots.
 * @returns the folder that holds them as below `/`
 */
export async function stageWorkstationFiles({ keys, authorities }: WorkstationParts): Promise<string> {
  const folder = devFolder("workstation", "files");
  const sshd = ["PermitRootLogin prohibit-password", "PasswordAuthentication no", "UseDNS no"];
  const files: readonly (readonly [path: string, mode: number, content: string])[] = [
    ["etc/default/locale", 0o644, "LANG=C.UTF-8\n"],
    // The same after the container was created again: a backup in Vault belongs to one machine.
    ["etc/machine-id", 0o444, `${machineId}\n`],
    ["etc/ssh/ssh_host_ed25519_key", 0o600, keys.hostKey],
    ["etc/ssh/ssh_host_ed25519_key.pub", 0o644, keys.hostPublicKey],
    ["etc/ssh/sshd_config.d/dev.conf", 0o644, `${sshd.join("\n")}\n`],
    ["etc/systemd/journald.conf.d/persistent.conf", 0o644, "[Journal]\nStorage=persistent\n"],
    ["root/.ssh/authorized_keys", 0o600, keys.authorizedKey],
    ...Object.entries(authorities).map(
      ([name, pem]) => [`usr/local/share/ca-certificates/${name}.crt`, 0o644, pem] as const,
    ),
  ];
  for (const [path, mode, content] of files) {
    const target = join(folder, path);
    // Not private: the archive gives these modes to the workstation's own folders.
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    await writeFileAtomic(target, content, { mode });
  }
  return folder;
}
