/** Hosts beside the environment's own: containers of its image that answer by ssh, to a login that is not root. */
import { readFile, writeFile } from "node:fs/promises";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { sshConfigFile } from "../../../dev/ssh.ts";
import { command } from "../../../lib/process.ts";

/** Name of such a host in rosters and settings, and its alias in the environment's ssh settings. */
export const LAB = "lab";
/** Who signs in there. */
export const LOGIN = "deploy";
/** Its container. */
export const LAB_CONTAINER = `${checkout.prefix}-${LAB}`;

/** What there is of it while a test has it. */
export interface SecondHost {
  /** Runs a shell command there as root, without ssh. @throws Error when it does not exit with 0 */
  run(shell: string, input?: string): Promise<string>;
  /** Takes it away, and its alias too. */
  remove(): Promise<void>;
}

/** How the environment's own workstation was made, for a container like it. */
export async function likeWorkstation(
  { docker, workstationContainer }: DevEnvironment,
  volumes: readonly string[],
) {
  const { Image, Config, HostConfig } = await docker.getContainer(workstationContainer).inspect();
  return {
    name: LAB_CONTAINER,
    Hostname: LAB,
    Image,
    ...(Config.Cmd === null ? {} : { Cmd: Config.Cmd }),
    Env: Config.Env,
    // By the checkout's label alone: `npm run down` takes it along, and `up` does not take it for its own.
    Labels: Object.fromEntries(Object.entries(Config.Labels).filter(([label]) => !label.endsWith(".spec"))),
    HostConfig: { ...HostConfig, Binds: [...(HostConfig.Binds ?? []), ...volumes], PortBindings: {} },
  };
}

/** Runs a shell command as root in a container of the environment's engine. */
export function rootIn(environment: DevEnvironment, container: string) {
  const env = { ...process.env, ...environment.variables };
  return (shell: string, input = "") =>
    command("docker", ["exec", "-i", container, "sh", "-euc", shell], { env, input });
}

/**
 * Lets the login in by the environment's key, and root by `sudo -n`.
 * @param restart shell that has sshd take the host keys that it finds
 * @returns the host once it has its alias
 */
export async function openToLogin(environment: DevEnvironment, restart: string): Promise<SecondHost> {
  const run = rootIn(environment, LAB_CONTAINER);
  const key = await rootIn(environment, environment.workstationContainer)("cat /root/.ssh/authorized_keys");
  const script = [
    `useradd --create-home --shell /bin/bash ${LOGIN}`,
    `install -d -m 700 -o ${LOGIN} -g ${LOGIN} ~${LOGIN}/.ssh`,
    `cat > ~${LOGIN}/.ssh/authorized_keys && chown ${LOGIN}: ~${LOGIN}/.ssh/authorized_keys`,
    `echo '${LOGIN} ALL=(root) NOPASSWD: ALL' > /etc/sudoers.d/${LOGIN}`,
    `ssh-keygen -q -A && ${restart}`,
  ];
  await run(script.join("\n"), key);
  const restore = await addAlias(environment, await run("cat /etc/ssh/ssh_host_ed25519_key.pub"));
  return {
    run,
    async remove() {
      await restore();
      await removeHost(environment);
    },
  };
}

/** Takes the container away, if there is one. */
export async function removeHost({ docker }: DevEnvironment): Promise<void> {
  const filters = { name: [`^/${LAB_CONTAINER}$`] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true });
  }
}

/** Adds the alias to the settings that the stack names: another file would change every command. @returns what takes it away */
async function addAlias({ docker }: DevEnvironment, hostKey: string): Promise<() => Promise<void>> {
  const { NetworkSettings } = await docker.getContainer(LAB_CONTAINER).inspect();
  const [network] = Object.values(NetworkSettings.Networks);
  const settings = await readFile(sshConfigFile, "utf8");
  const identity = /IdentityFile .*/.exec(settings)?.[0] ?? "";
  const knownHosts = `${sshConfigFile}.${LAB}.known_hosts`;
  const [type, key] = hostKey.split(" ");
  await writeFile(knownHosts, `${LAB} ${type} ${key}\n`);
  const alias = [
    `Host ${LAB}`,
    `  HostName ${network?.IPAddress}`,
    `  User ${LOGIN}`,
    `  HostKeyAlias ${LAB}`,
    `  ${identity}`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile "${knownHosts}"`,
    "  GlobalKnownHostsFile /dev/null",
    "  StrictHostKeyChecking yes",
    "  BatchMode yes",
  ];
  await writeFile(sshConfigFile, `${settings}${alias.join("\n")}\n`);
  return () => writeFile(sshConfigFile, settings);
}
