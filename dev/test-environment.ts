/** The environments of `npm test`, each brought up, asked and taken down by this program as a process of its own. */
import * as z from "zod";
import type { TestEnvironment } from "../test/runner/lanes.ts";
import { checkout, ENVIRONMENT_VARIABLE, TEST_ENVIRONMENTS } from "./checkout.ts";
import { command, type CommandOptions } from "../lib/process.ts";

const servers = z.object({ VAULT_ADDR: z.string(), VAULT_TOKEN: z.string(), DOCKER_HOST: z.string() });

/** @param kept they are left up at the end */
export function testEnvironments(kept: boolean): readonly TestEnvironment[] {
  return TEST_ENVIRONMENTS.map((name, index) => {
    // A process uses one environment from its start to its end: tests break theirs, and leave a person's alone.
    const env = { ...process.env, [ENVIRONMENT_VARIABLE]: name };
    const dev = (args: readonly string[], options: CommandOptions) =>
      command(process.execPath, ["--import", "tsx", "dev/main.ts", ...args], {
        cwd: checkout.root,
        env,
        ...options,
      });
    return {
      name,
      up: async () => {
        // The first one draws on the terminal. Later ones come up beside tests, and are shown in one piece.
        process.stdout.write(await dev(["up"], { shown: index === 0 }));
        const found = servers.parse(JSON.parse(await dev(["env", "--json"], {})));
        return {
          [ENVIRONMENT_VARIABLE]: name,
          CLAUDE_FLEET_TEST_VAULT_ADDR: found.VAULT_ADDR,
          CLAUDE_FLEET_TEST_VAULT_TOKEN: found.VAULT_TOKEN,
          CLAUDE_FLEET_TEST_DOCKER_HOST: found.DOCKER_HOST,
        };
      },
      down: async () => {
        if (!kept) process.stdout.write(await dev(["down"], {}));
      },
    };
  });
}
