/** Loopback ports of the dev environment: drawn free once, then kept, so that addresses outlive a restart. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { checkout, devFolder } from "./checkout.ts";

type PortName = "vault" | "vaultCluster" | "anthropic" | "anthropicTls" | "ssh" | "gateway";

const NAMES: readonly PortName[] = ["vault", "vaultCluster", "anthropic", "anthropicTls", "ssh", "gateway"];

export type Ports = Readonly<Record<PortName, number>>;

const path = () => join(checkout.folder, "ports.json");

/** The ports of this checkout; those that are not recorded yet are drawn, the others stay as they are. */
export async function ensurePorts(): Promise<Ports> {
  const recorded: Partial<Ports> = readPorts() ?? {};
  const missing = NAMES.filter((name) => recorded[name] === undefined);
  if (missing.length > 0) {
    devFolder();
    Object.assign(recorded, Object.fromEntries(await drawFreePorts(missing)));
    await writeFileAtomic(path(), `${JSON.stringify(recorded)}\n`, { mode: 0o600 });
  }
  return recorded as Ports;
}

/** The recorded ports; undefined before the first `up`. */
export function readPorts(): Ports | undefined {
  return existsSync(path()) ? (JSON.parse(readFileSync(path(), "utf8")) as Ports) : undefined;
}

/** All at once, each held until the last is drawn: no two names can get the same. */
async function drawFreePorts(names: readonly PortName[]): Promise<readonly (readonly [PortName, number])[]> {
  const servers = names.map(() => createServer());
  const drawn = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return names.map((name, index) => [name, drawn[index] ?? 0] as const);
}
