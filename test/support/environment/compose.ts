/** A site of its own beside the environment's: five services in a compose file, and a token file that they follow. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { serviceContainer } from "../../../dev/stack-settings.ts";
import { SERVICES, type Service } from "./containers.ts";
import { shellVariables } from "./pulumi.ts";
import { committedToken, type TokenSettings } from "./rollout.ts";
import { committedRoster, settingsWith } from "./roster.ts";
import { printed, run } from "./run.ts";
import { putNewToken, type TokenFile } from "./token-file.ts";

const directory = join(checkout.folder, "e2e/composed");
const composeFile = join(directory, "docker-compose.yml");

/** The site's token file, which its compose file mounts by its own path, as people do. */
export const composedFile = join(directory, "token/auth.json");

/** The site's services; their names are the compose file's. */
export const COMPOSED: readonly Service[] = SERVICES.map((service) => ({
  ...service,
  container: serviceContainer(checkout.prefix, `composed-${service.service}`),
}));

/** Writes the compose file; `sick` names a service that never gets well. */
export async function writeComposeFile(sick?: string): Promise<void> {
  await mkdir(join(directory, "token"), { recursive: true, mode: 0o700 });
  const { services } = await committedToken();
  const image = services[0]?.["image"];
  const entries = COMPOSED.map(({ service, container, target, uid }) => [
    service,
    {
      image,
      container_name: container,
      user: `${uid}:${uid}`,
      network_mode: "none",
      restart: "unless-stopped",
      environment: service === sick ? { HEALTHY: "false" } : {},
      volumes: [`${composedFile}:${target}:ro`],
    },
  ]);
  // JSON is YAML.
  await writeFile(composeFile, JSON.stringify({ version: "3.8", services: Object.fromEntries(entries) }));
}

/** Writes the site's deploy script, which knows nothing of the rollout. @returns the words that run it */
export async function writeDeployScript(environment: DevEnvironment): Promise<readonly string[]> {
  const words = (await composeWords(environment)).join(" ");
  const script = `#!/bin/sh -e\n${words} up --detach --no-deps --force-recreate "$1"\n`;
  await writeFile(join(directory, "deploy.sh"), script, { mode: 0o755 });
  return ["./deploy.sh"];
}

/** Settings with the site's token beside the environment's own. */
export async function composedSettings(
  change: (token: TokenSettings) => object = (token) => token,
): Promise<string> {
  const platform = await committedToken();
  const services = COMPOSED.map(({ service, container, target, uid }) => ({
    name: service,
    container,
    target,
    uid,
  }));
  const driver = { compose: { file: "docker-compose.yml", directory } };
  const composed = change({ ...platform, file: composedFile, driver, services } as unknown as TokenSettings);
  return settingsWith(await committedRoster(), { tokens: { platform, composed } });
}

/** Starts the site's services as its people do, before the stack knows them. @returns their token file */
export async function startSite(environment: DevEnvironment): Promise<TokenFile> {
  await writeComposeFile();
  const token = await putNewToken(environment, { file: composedFile });
  await compose(environment, "up", "--detach");
  return token;
}

/** Runs compose in the site's folder as its people do. */
export async function compose(environment: DevEnvironment, ...args: readonly string[]): Promise<string> {
  const [program = "", ...words] = await composeWords(environment);
  return printed(program, [...words, ...args], { env: shellVariables(environment), cwd: directory });
}

async function composeWords(environment: DevEnvironment): Promise<readonly string[]> {
  const env = shellVariables(environment);
  const plugin = (await run("docker", ["compose", "version"], { env })).code === 0;
  return plugin ? ["docker", "compose"] : ["docker-compose"];
}

/** Takes the site away. */
export async function removeSite(environment: DevEnvironment): Promise<void> {
  await compose(environment, "down", "--timeout", "0");
  await rm(directory, { recursive: true, force: true });
}
