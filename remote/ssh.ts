/** How a host's shell is opened: the argv of ssh, or of the local shell, and what its failures mean. */
import type { Connection } from "../contract/connection.ts";
import { shellWord } from "../lib/shell-words.ts";

/** Seconds that a connection attempt may take. */
const CONNECT_TIMEOUT_SECONDS = 10;

/**
 * The argv which runs `script` by /bin/sh on the host, as root where `become` says so. Host keys are always
 * checked and nothing is ever asked: BatchMode makes a missing key an error instead of a prompt.
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

/** The host in an error's words. */
export function hostName({ address }: Connection): string {
  return address.kind === "local" ? "this machine" : address.destination;
}

const remedies: readonly (readonly [pattern: RegExp, cause: string, remedy: string])[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|No .* host key is known/i,
    "its host key is not the known one",
    "compare the key with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then correct known_hosts (ssh-keygen -R HOST removes the old one)",
  ],
  [
    /Permission denied/i,
    "ssh refused the login",
    "check that your key is loaded (ssh-add -l) and authorized for that login",
  ],
  [
    /Could not resolve hostname/i,
    "its name does not resolve",
    "check the destination in roster.yaml or ~/.ssh/config",
  ],
  [
    /Connection refused/i,
    "nothing accepts ssh connections there",
    "start sshd on the host, or correct the port in ~/.ssh/config",
  ],
  [
    // What a port forwarder answers whose host has no sshd, and an sshd that turns the caller away.
    /^kex_exchange_identification: /im,
    "what answers there ends the connection before ssh begins",
    "start sshd on the host, see in its log whether it turns you away (MaxStartups, fail2ban), or correct the port in ~/.ssh/config",
  ],
  [
    /timed out|No route to host|Network is unreachable/i,
    "it does not answer",
    "check that the host is up and reachable from here (VPN, jump host)",
  ],
  [
    /a password is required|a terminal is required/i,
    "sudo asks for a password there",
    "allow the login to run /bin/sh with NOPASSWD in sudoers, or set `become` to what works without asking",
  ],
];

/**
 * Says in one sentence why the host's shell could not be opened, and what mends it.
 * `stderr` is ssh's own; only its last line is repeated, as it can be long.
 */
export function explainFailure(connection: Connection, exitCode: number | null, stderr: string): string {
  const host = hostName(connection);
  for (const [pattern, cause, remedy] of remedies) {
    if (pattern.test(stderr)) return `${host}: ${cause}; ${remedy}.`;
  }
  const last = stderr.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
  return `${host}: the connection ended with exit code ${exitCode ?? "none"}${last === "" ? "" : ` (${last})`}; try \`${trial(connection)}\` by hand.`;
}

function trial({ address, ssh }: Connection): string {
  if (address.kind === "local") return [...address.become, "/bin/sh -c true"].join(" ");
  const config = ssh.configFile === undefined ? "" : `-F ${ssh.configFile} `;
  return `ssh ${config}${address.destination} ${[...address.become, "true"].join(" ")}`;
}
