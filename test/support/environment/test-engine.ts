/** Docker engines that a test starts for itself, beside the environment's own. */
import Docker from "dockerode";
import { rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { start as startProgram } from "../../../lib/process.ts";
import { printed } from "./run.ts";

/** A running engine. */
export interface TestEngine {
  /** The environment as its tools speak to this engine. */
  readonly environment: DevEnvironment;
  /** Absolute path. */
  readonly socket: string;
  /** Ends it, and removes its folder. */
  stop(): Promise<void>;
}

/** How an engine is started. */
export interface EngineStart {
  /** Absolute path of the folder that holds all of it; whom it runs as can write there. */
  readonly folder: string;
  /** Settings of the daemon beside the places of its things. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Words before those of the daemon. */
  readonly wrapper: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
  /** Of the environment's engine; the new one gets it, too. */
  readonly image: string;
}

/** @throws Error with its log when it does not come up */
export async function startEngine(environment: DevEnvironment, start: EngineStart): Promise<TestEngine> {
  const { folder, image } = start;
  const socket = join(folder, "docker.sock");
  const dockerHost = `unix://${socket}`;
  const settings = {
    "data-root": join(folder, "data"),
    "exec-root": join(folder, "exec"),
    pidfile: join(folder, "pid"),
    hosts: [dockerHost],
    bridge: "none",
    iptables: false,
    ...start.settings,
  };
  await writeFile(join(folder, "daemon.json"), JSON.stringify(settings));
  const [program, ...words] = start.wrapper;
  const daemon = [
    "dockerd",
    `--config-file=${join(folder, "daemon.json")}`,
    `--containerd-namespace=${basename(folder)}`,
    `--containerd-plugins-namespace=${basename(folder)}-plugins`,
  ];
  const child = startProgram(program, [...words, ...daemon], {
    stdio: ["ignore", "ignore", "pipe"],
    buffer: false,
    env: start.env ?? process.env,
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (log = (log + chunk).slice(-4000)));
  const docker = new Docker({ socketPath: socket, host: "" });
  const stop = async () => {
    child.kill("SIGTERM");
    await child;
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
  const variables = { ...environment.variables, DOCKER_HOST: dockerHost };
  return { environment: { ...environment, dockerHost, docker, variables }, socket, stop };
}

async function answers(docker: Docker): Promise<boolean> {
  return docker.ping().then(
    () => true,
    () => false,
  );
}
