/** How often the operator opens a host's shell before giving up, and when another attempt may help. */
import type { ShellEnd } from "./host-shell.ts";

/** Attempts, with one more second of waiting before each. */
export const CONNECTION_ATTEMPTS = 3;

/** ssh's own exit code for a connection that failed; see ssh(1), "EXIT STATUS". */
const SSH_FAILED = 255;

/** Whether another attempt may help: ssh's connection was cut, or turned away for load. Refusals are final. */
export function isPassing({ code, stderr }: ShellEnd): boolean {
  return (
    code === SSH_FAILED && /Connection (reset|closed)|kex_exchange_identification|Broken pipe/i.test(stderr)
  );
}
