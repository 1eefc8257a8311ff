/** A second workstation beside the environment's own, as another site has it: a login that is not root, and `sudo -n`. */
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { checkout } from "../../../dev/checkout.ts";
import { command } from "../../../lib/command.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { PEOPLE } from "../../../dev/people.ts";
import { sshConfigFile } from "../../../dev/ssh.ts";
import { programLinks } from "../../../dev/workstation.ts";

/** Its name in rosters, and its alias in the environment's ssh settings. */
export const LAB = "lab";
/** Entry of a roster. */
export const LAB_ENTRY = {
  ssh: LAB,
  become: "sudo -n",
  vaultAddress: "https://vault.dev.internal:8200",
};

const NAME = `${checkout.prefix}-${LAB}`;
/** Who signs in there. */
export const LOGIN = "deploy";

/** What there is of it while a test has it. */
export interface SecondWorkstation {
  /** Runs a shell command there as root, without ssh. @throws Error when it does not exit with 0 */
  run(shell: string, input?: string): Promise<string>;
  /** Takes it away, and its alias too. */
  remove(): Promise<void>;
}

/** In what it differs from the first. */
export interface SecondWorkstationOptions {
  /** What puts programs on its users' PATH; the same programs when undefined. */
  readonly links?: string;
  /** Places of this machine that it has too, as `docker run --volume` takes them. */
  readonly volumes?: readonly string[];
}

/** Boots one from the image and the settings of the first: the same authorities, a machine id and host key of its own. */
export async function bootSecondWorkstation(
  environment: DevEnvironment,
  { links = programLinks, volumes = [] }: SecondWorkstationOptions = {},
): Promise<SecondWorkstation> {
  const { docker } = environment;
  const first = await docker.getContainer(environment.workstationContainer).inspect();
  await removeContainer(environment);
  const container = await docker.createContainer({
    name: NAME,
    Hostname: LAB,
    Image: first.Image,
    ...(first.Config.Cmd === null ? {} : { Cmd: first.Config.Cmd }),
    Env: first.Config.Env,
    StopSignal: "SIGRTMIN+3",
    // By the checkout's label alone: `npm run down` takes it along, and `up` does not take it for its own.
    Labels: Object.fromEntries(
      Object.entries(first.Config.Labels).filter(([label]) => !label.endsWith(".spec")),
    ),
    HostConfig: {
      ...first.HostConfig,
      Binds: [...(first.HostConfig.Binds ?? []), ...volumes],
      PortBindings: {},
    },
  });
  await container.start();
  const env = { ...process.env, ...environment.variables };
  const exec = (target: string, shell: string, input = "") =>
    command("docker", ["exec", "-i", target, "sh", "-euc", shell], { env, input });
  const run = (shell: string, input?: string) => exec(NAME, shell, input);
  for (let tries = 0; !/^(?:running|degraded)/.test(await state(run)); tries++) {
    if (tries > 300) throw new Error(`${NAME} does not boot.`);
    await sleep(200);
  }
  const authorities = await exec(
    environment.workstationContainer,
    "tar -C /usr/local/share/ca-certificates -c . | base64 -w0",
  );
  await run(
    "base64 -d | tar -C /usr/local/share/ca-certificates -x && update-ca-certificates >/dev/null 2>&1",
    authorities,
  );
  const key = await exec(environment.workstationContainer, "cat /root/.ssh/authorized_keys");
  const people = PEOPLE.map(
    ({ user, uid }) => `useradd --badname --create-home --shell /bin/bash --uid ${uid} ${user}`,
  );
  await run(
    [
      ...people,
      `useradd --create-home --shell /bin/bash ${LOGIN}`,
      `install -d -m 700 -o ${LOGIN} -g ${LOGIN} ~${LOGIN}/.ssh`,
      `cat > ~${LOGIN}/.ssh/authorized_keys && chown ${LOGIN}: ~${LOGIN}/.ssh/authorized_keys`,
      `echo '${LOGIN} ALL=(root) NOPASSWD: ALL' > /etc/sudoers.d/${LOGIN}`,
      links,
      // It has tried, and given up, for want of keys.
      "ssh-keygen -q -A && systemctl reset-failed ssh.service && systemctl restart ssh.service",
    ].join("\n"),
    key,
  );
  const restore = await addAlias(environment, await run("cat /etc/ssh/ssh_host_ed25519_key.pub"));
  return {
    run,
    async remove() {
      await restore();
      await removeContainer(environment);
    },
  };
}

const state = (run: (shell: string) => Promise<string>) =>
  run("systemctl is-system-running || true").catch(() => "");

async function removeContainer({ docker }: DevEnvironment): Promise<void> {
  const filters = { name: [`^/${NAME}$`] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true });
  }
}

/** Adds the alias to the settings that the stack names: another file would change every command. @returns what takes it away */
async function addAlias({ docker }: DevEnvironment, hostKey: string): Promise<() => Promise<void>> {
  const { NetworkSettings } = await docker.getContainer(NAME).inspect();
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
