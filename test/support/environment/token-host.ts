/** A token host as a site has it: reached by ssh as a login that is not root, with the engine's command and socket there. */
import type { DevEnvironment } from "../../../dev/environment.ts";
import { programLinks } from "../../../dev/workstation.ts";
import { findProgram } from "../../../dev/find-program.ts";
import {
  LAB_CONTAINER,
  likeWorkstation,
  LOGIN,
  openToLogin,
  removeHost,
  rootIn,
  type SecondHost,
} from "./second-host.ts";

const SOCKET = "/var/run/docker.sock";

/** What there is of it while a test has it. */
export interface TokenHost extends SecondHost {
  /** Whether its login may speak to the engine, as a member of the socket's group. */
  allowEngine(allowed: boolean): Promise<void>;
}

/** What it shares with this machine. */
export interface TokenHostPlaces {
  /** Absolute path of a folder that both see at the same place: an engine mounts what lies on its own machine. */
  readonly folder: string;
  /** Socket of its engine, below that folder; undefined: the environment's engine is its own. */
  readonly socket?: string;
}

/** Boots it: sshd, amid this machine's own processes, for a rollout looks into those of the engine that runs here. */
export async function bootTokenHost(
  environment: DevEnvironment,
  { folder, socket }: TokenHostPlaces,
): Promise<TokenHost> {
  const docker = findProgram("docker");
  if (docker === undefined)
    throw new Error("There is no docker command here that the token host could have.");
  const shared = environment.dockerHost.replace(/^unix:\/\//, "");
  await removeHost(environment);
  const { HostConfig, ...like } = await likeWorkstation(environment, [
    `${folder}:${folder}`,
    `${docker}:/usr/local/bin/docker:ro`,
    ...(socket === undefined ? [`${shared}:/run/engine.sock`] : []),
  ]);
  const container = await environment.docker.createContainer({
    ...like,
    Cmd: ["sleep", "infinity"],
    HostConfig: { ...HostConfig, PidMode: "host", CapAdd: [...(HostConfig.CapAdd ?? []), "SYS_PTRACE"] },
  });
  await container.start();
  await rootIn(environment, LAB_CONTAINER)(programLinks);
  const host = await openToLogin(environment, "mkdir -p /run/sshd && /usr/sbin/sshd");
  const allowEngine = async (allowed: boolean) => {
    // Whatever number the socket's group has on this machine, the host need not know it by a name.
    const group = `group=$(stat -L -c %g ${SOCKET}); getent group "$group" >/dev/null || groupadd -g "$group" engine`;
    const change = allowed ? `usermod -aG "$name" ${LOGIN}` : `gpasswd -d ${LOGIN} "$name" >/dev/null`;
    await host.run(`${group}; name=$(getent group "$group" | cut -d: -f1); ${change}`);
  };
  await host.run(`ln -sfn ${socket ?? "/run/engine.sock"} ${SOCKET}`);
  if (socket === undefined) await allowEngine(true);
  return { ...host, allowEngine };
}
