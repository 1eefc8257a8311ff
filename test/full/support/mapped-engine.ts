/** A Docker engine of the tests' own that gives its containers' users other numbers than the host (`userns-remap`). */
import Docker from "dockerode";
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { printed } from "../../e2e/support/run.ts";

/** A user that every system has; "root" would map nothing. */
const OWNER = "daemon";

/** The host's number of the containers' root. */
const FIRST_UID = 300_000;

/** A running engine. */
export interface MappedEngine {
  /** The environment as its tools speak to this engine. */
  readonly environment: DevEnvironment;
  /** The host's number of a user of the containers. */
  uidOnHost(uid: number): number;
  stop(): Promise<void>;
}

/**
 * Starts it, with the services' image in it.
 * @param image of the environment's engine
 * @throws Error with its log when it does not come up
 */
export async function startMappedEngine(environment: DevEnvironment, image: string): Promise<MappedEngine> {
  const folder = await mkdtemp(join(tmpdir(), "mapped-"));
  // The containers' root must pass on its way to its own images.
  await chmod(folder, 0o711);
  const socket = join(folder, "docker.sock");
  const dockerHost = `unix://${socket}`;
  const ids = join(folder, "ids");
  await writeFile(ids, `${OWNER}:${FIRST_UID}:65536\n`);
  const settings = {
    "data-root": join(folder, "data"),
    "exec-root": join(folder, "exec"),
    pidfile: join(folder, "pid"),
    hosts: [dockerHost],
    bridge: "none",
    iptables: false,
    "userns-remap": `${OWNER}:${OWNER}`,
  };
  await writeFile(join(folder, "daemon.json"), JSON.stringify(settings));
  const daemon = [
    "dockerd",
    `--config-file=${join(folder, "daemon.json")}`,
    `--containerd-namespace=${basename(folder)}`,
    `--containerd-plugins-namespace=${basename(folder)}-plugins`,
  ];
  // In a mount namespace of its own, whose subordinate ids nobody else sees.
  const script =
    'ids=$1; shift; for file in subuid subgid; do mount --bind "$ids" "/etc/$file"; done; exec "$@"';
  const child = spawn("unshare", ["--mount", "sh", "-ec", script, "sh", ids, ...daemon], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (log = (log + chunk).slice(-4000)));
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const docker = new Docker({ socketPath: socket, host: "" });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    while (!(await answers(docker))) {
      if (child.exitCode !== null) throw new Error(`The engine did not start:\n${log}`);
      await sleep(200);
    }
    const copy = 'docker --host "$1" save "$3" | docker --host "$2" load';
    await printed("bash", ["-o", "pipefail", "-c", copy, "bash", environment.dockerHost, dockerHost, image]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    environment: {
      ...environment,
      dockerHost,
      docker,
      variables: { ...environment.variables, DOCKER_HOST: dockerHost },
    },
    uidOnHost: (uid) => FIRST_UID + uid,
    stop,
  };
}

async function answers(docker: Docker): Promise<boolean> {
  return docker.ping().then(
    () => true,
    () => false,
  );
}
