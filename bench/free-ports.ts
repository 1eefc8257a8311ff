/** Finds ports for services that a benchmark asks from outside. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { errorCode } from "../lib/expected-error.ts";

/**
 * Returns a port of loopback for each name, on which no process listens now. The kernel gives none of them to an outgoing
 * connection meanwhile: they lie below its range.
 * Source: https://docs.kernel.org/networking/ip-sysctl.html (ip_local_port_range)
 */
export async function freePorts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const name of names) {
    let port: number;
    do port = randomInt(20_000, 32_000);
    while ([...found.values()].includes(port) || !(await isFree(port)));
    found.set(name, port);
  }
  return found;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error) => {
      if (errorCode(error) === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
