/** Builds the command that opens a host's shell: the system's ssh, or the shell of this machine. */
import type { Connection } from "../contract/connection.ts";
import { shellWord } from "../lib/shell-words.ts";

/** Seconds that a connection attempt may take. */
const CONNECT_TIMEOUT_SECONDS = 10;

/**
 * Returns the command that runs `script` in /bin/sh on the host, behind `become`. ssh checks the host key and asks
 * nothing: BatchMode makes a missing key an error instead of a prompt.
 */
export function shellCommand({ address, ssh }: Connection, script: string): readonly [string, ...string[]] {
  const shell: [string, ...string[]] = ["/bin/sh", "-c", script];
  for (const word of address.become.toReversed()) shell.unshift(word);
  if (address.kind === "local") return shell;
  return [
    "ssh",
    ...(ssh.configFile === undefined ? [] : ["-F", ssh.configFile]),
    "-T",
    "-o",
    "BatchMode=yes",
    "-o",
    "StrictHostKeyChecking=yes",
    "-o",
    `ConnectTimeout=${CONNECT_TIMEOUT_SECONDS}`,
    "-o",
    "ServerAliveInterval=15",
    "-o",
    "ServerAliveCountMax=4",
    "-o",
    "ForwardAgent=no",
    "-o",
    "ClearAllForwardings=yes",
    "-o",
    "EscapeChar=none",
    "--",
    address.destination,
    `exec ${shell.map(shellWord).join(" ")}`,
  ];
}

/** Returns the host as errors name it. */
export function hostName({ address }: Connection): string {
  return address.kind === "local" ? "this machine" : address.destination;
}
