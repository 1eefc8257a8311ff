/** Finds ports for services that a benchmark asks from outside. */
import { createServer, type AddressInfo } from "node:net";

/** Returns a port of loopback for each name. No process listens on these ports now. */
export async function freePorts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const servers = await Promise.all(
    names.map(
      (name) =>
        new Promise<{ name: string; port: number; close: () => void }>((resolve, reject) => {
          const server = createServer().on("error", reject);
          server.listen(0, "127.0.0.1", () =>
            resolve({ name, port: (server.address() as AddressInfo).port, close: () => server.close() }),
          );
        }),
    ),
  );
  for (const server of servers) server.close();
  return new Map(servers.map(({ name, port }) => [name, port]));
}
