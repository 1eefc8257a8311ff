/** Explains why a host's shell could not be opened: one row for each known error of ssh and sudo, with its remedy. */
import type { Connection } from "../contract/connection.ts";
import { plainText } from "../lib/printable.ts";
import type { ProcessEnd } from "../lib/process.ts";
import { hostName } from "./ssh.ts";

/** Errors, by what standard error holds. The first row that matches counts. */
const FAILURES: readonly (readonly [pattern: RegExp, cause: string, remedy: string])[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|No .* host key is known/i,
    "its host key is not the known one",
    "Compare the key with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then correct known_hosts (ssh-keygen -R HOST removes the old one)",
  ],
  [
    /Permission denied/i,
    "ssh refused the login",
    "Check that your key is loaded (ssh-add -l) and authorized for that login",
  ],
  [
    /Could not resolve hostname/i,
    "its name does not resolve",
    "Check the destination in roster.yaml or ~/.ssh/config",
  ],
  [
    /Connection refused/i,
    "nothing accepts ssh connections there",
    "Start sshd on the host, or correct the port in ~/.ssh/config",
  ],
  [
    // A port forwarder whose host has no sshd ends the connection so, and so does an sshd that turns a caller away.
    /^kex_exchange_identification: /im,
    "what answers there ends the connection before ssh begins",
    "Start sshd on the host, or read its log for a refusal (MaxStartups, fail2ban), or correct the port in ~/.ssh/config",
  ],
  [
    /timed out|No route to host|Network is unreachable/i,
    "it does not answer",
    "Check that the host is up and reachable from here (VPN, jump host)",
  ],
  [
    /a password is required|a terminal is required/i,
    "sudo asks for a password there",
    "Allow the login to run /bin/sh with NOPASSWD in sudoers, or set `become` to a command that does not ask",
  ],
];

/** Returns why the host's shell could not be opened, and the remedy. */
export function explainFailure(
  connection: Connection,
  { code, stderr }: Pick<ProcessEnd, "code" | "stderr">,
): string {
  const host = hostName(connection);
  const known = FAILURES.find(([pattern]) => pattern.test(stderr));
  if (known !== undefined) return `${host}: ${known[1]}. ${known[2]}.`;
  const last = plainText(stderr.trim().split("\n").at(-1) ?? "", 300);
  const words = last === "" ? "" : ` (${last})`;
  return `${host}: the connection ended with exit code ${code ?? "none"}${words}. Try \`${trial(connection)}\` by hand.`;
}

/** Returns a command that opens the host in the same way. */
function trial({ address, ssh }: Connection): string {
  if (address.kind === "local") return [...address.become, "/bin/sh -c true"].join(" ");
  const config = ssh.configFile === undefined ? "" : `-F ${ssh.configFile} `;
  return `ssh ${config}${address.destination} ${[...address.become, "true"].join(" ")}`;
}
