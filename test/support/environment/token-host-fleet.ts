/** A fleet of tokens alone, on a token host that is reached by ssh as a login that is not root. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import type { Service } from "./containers.ts";
import { expectSuccess, pulumi, removeStack } from "./pulumi.ts";
import { committedToken } from "./rollout.ts";
import { settingsWith } from "./roster.ts";
import { LAB } from "./second-host.ts";
import { putNewToken, type TokenFile } from "./token-file.ts";
import { bootTokenHost, type TokenHost } from "./token-host.ts";

const STACK = "elsewhere";
/** Absolute path of its token file, on the host and here. */
export const FILE = join(checkout.folder, "e2e/elsewhere/auth.json");
/** Its services, in the order of the rollout. */
export const NAMES = ["elsewhere-agent", "elsewhere-worker"] as const;

/** Its host, its settings and its stack, which nothing has been applied to yet. */
export interface TokenHostFleet {
  readonly host: TokenHost;
  readonly services: readonly Service[];
  /** How its stack is run. */
  readonly options: { readonly stack: string; readonly configFile: string };
  putNewToken(how?: { readonly revoked: boolean }): Promise<TokenFile>;
  /** Destroys what was applied, and removes stack and host. */
  close(): Promise<void>;
}

/** Boots the host, and makes settings and stack. */
export async function openTokenHostFleet(environment: DevEnvironment): Promise<TokenHostFleet> {
  await mkdir(dirname(FILE), { recursive: true, mode: 0o700 });
  const host = await bootTokenHost(environment, { folder: dirname(FILE) });
  const { services: committed, gate, rollout } = await committedToken();
  const wanted = NAMES.map((name, at) => ({
    ...committed[at],
    name,
    container: `${checkout.prefix}-${name}`,
  }));
  const services = wanted.map(({ name, container, ...entry }) => {
    const { target, uid } = entry as unknown as { target: string; uid: number };
    return { service: name, container, target, uid };
  });
  const apiUrl = committed[0]?.environment["ANTHROPIC_BASE_URL"];
  const configFile = await settingsWith(
    { workstations: {}, users: {} },
    {
      fleet: STACK,
      tokens: {
        elsewhere: {
          host: { ssh: LAB, become: "sudo -n" },
          file: FILE,
          gate: { ...(gate as object), apiUrl, claude: "/usr/local/bin/claude" },
          rollout,
          driver: "docker",
          services: wanted,
        },
      },
    },
  );
  const options = { stack: STACK, configFile };
  expectSuccess(await pulumi(environment, ["stack", "init", "--no-select"], { stack: STACK }));
  return {
    host,
    services,
    options,
    putNewToken: (how) => putNewToken(environment, { file: FILE, ...how }),
    close: async () => {
      await host.allowEngine(true);
      expectSuccess(await pulumi(environment, ["destroy", "--yes"], options));
      await removeStack(environment, STACK);
      await host.remove();
    },
  };
}
