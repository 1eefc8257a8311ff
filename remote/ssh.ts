/** Builds the command that opens a host's shell: the system's ssh, or the shell of this machine. */
import type { Connection } from "../contract/connection.ts";
import { shellWord } from "../lib/shell-words.ts";

/** The options of every connection; see ssh_config(5). Times are in seconds. */
const OPTIONS = [
  "BatchMode=yes",
  "StrictHostKeyChecking=yes",
  "ConnectTimeout=10",
  "ServerAliveInterval=15",
  "ServerAliveCountMax=4",
  "ForwardAgent=no",
  "ClearAllForwardings=yes",
  "EscapeChar=none",
];

/**
 * Returns the command that runs `script` in /bin/sh on the host, behind `become`. ssh checks the host key and asks
 * nothing: BatchMode makes a missing key an error instead of a prompt.
 */
export function shellCommand({ address, ssh }: Connection, script: string): readonly [string, ...string[]] {
  const [program = "/bin/sh", ...rest] = [...address.become, "/bin/sh", "-c", script];
  const shell = [program, ...rest] as const;
  if (address.kind === "local") return shell;
  return [
    "ssh",
    ...(ssh.configFile === undefined ? [] : ["-F", ssh.configFile]),
    "-T",
    ...OPTIONS.flatMap((option) => ["-o", option]),
    "--",
    address.destination,
    `exec ${shell.map(shellWord).join(" ")}`,
  ];
}

/** Returns the host as errors name it. */
export function hostName({ address }: Connection): string {
  return address.kind === "local" ? "this machine" : address.destination;
}
