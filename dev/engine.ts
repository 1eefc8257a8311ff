/** The Docker engine: one that already runs on this machine, or one of the dev environment's own. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { checkout, devFolder, LABEL } from "./checkout.ts";
import { command } from "../lib/process.ts";
import { findProgram } from "./find-program.ts";
import { startOwnEngine } from "./own-engine.ts";
import type { Say } from "../lib/say.ts";

/** An engine that answers. */
export interface Engine {
  /** `own`: started by, and stopped with, the dev environment. `found`: somebody else's, and left as it is. */
  readonly kind: "own" | "found";
  /** `unix://…`, as DOCKER_HOST takes it. */
  readonly host: string;
  readonly docker: Docker;
}

/** What is remembered of the choice, so that every `up` comes back to the same engine. */
type Choice = Pick<Engine, "kind" | "host">;

const choiceFile = () => join(devFolder("engine"), "engine.json");

/** The engine that an earlier `up` chose; undefined when there was none. */
export function chosenEngine(): Choice | undefined {
  if (!existsSync(join(checkout.folder, "engine/engine.json"))) return undefined;
  return JSON.parse(readFileSync(choiceFile(), "utf8")) as Choice;
}

/**
 * The engine to work with: the one chosen before, else one that runs on this machine, else a new one of our own.
 * @throws {ExpectedError} when the one chosen before is somebody else's and does not answer, or none can be started
 */
export async function ensureEngine(say: Say): Promise<Engine> {
  const chosen = chosenEngine();
  if (chosen?.kind === "found") {
    if (await answers(chosen.host)) return connect(chosen);
    throw new ExpectedError(
      `The Docker engine at ${chosen.host}, which this environment uses, does not answer: start it, or run "npm run down" to leave it.`,
    );
  }
  const found = chosen ? undefined : await findEngine(say);
  const choice: Choice = found ?? { kind: "own", host: await startOwnEngine(say, answers) };
  await writeFileAtomic(choiceFile(), `${JSON.stringify(choice)}\n`, { mode: 0o600 });
  return connect(choice);
}

/** A client of a chosen engine, whether it answers or not. */
export function connect(choice: Choice): Engine {
  return { ...choice, docker: new Docker({ socketPath: socketPath(choice.host) }) };
}

/** Whether an engine would have to be installed: none runs and there is no `dockerd`. */
export async function engineMissing(): Promise<boolean> {
  if (findProgram("dockerd")) return false;
  return chosenEngine()?.kind !== "found" && (await findEngine(() => undefined)) === undefined;
}

/** Whether an engine answers at this address within two seconds. */
export async function answers(host: string): Promise<boolean> {
  try {
    await new Docker({ socketPath: socketPath(host), timeout: 2000 }).ping();
    return true;
  } catch {
    // Whatever the reason, there is no engine to use at this address.
    return false;
  }
}

const socketPath = (host: string) => host.replace(/^unix:\/\//, "");

/**
 * An engine that runs on this machine: DOCKER_HOST's, the docker command's current context's, or the system's.
 * Only sockets are considered: folders of this machine are mounted, so the engine must be on it.
 */
async function findEngine(say: Say): Promise<Choice | undefined> {
  const hosts = [process.env.DOCKER_HOST, await contextHost(), "unix:///var/run/docker.sock"];
  for (const host of new Set(hosts)) {
    if (!host) continue;
    if (!host.startsWith("unix://")) say(`leaves ${host} alone: the engine must be on this machine`);
    else if ((await answers(host)) && !(await belongsToCheckout(host))) return { kind: "found", host };
  }
  return undefined;
}

async function contextHost(): Promise<string | undefined> {
  if (!findProgram("docker")) return undefined;
  try {
    const env = { ...process.env, DOCKER_HOST: "" };
    return (
      await command("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], { env })
    ).trim();
  } catch (error) {
    // A context that cannot be read names no engine; the system's socket is still tried.
    if (error instanceof ExpectedError) return undefined;
    throw error;
  }
}

/** Another checkout's own engine ends with that checkout's `down`, so it is not one to build on. */
async function belongsToCheckout(host: string): Promise<boolean> {
  const info = (await connect({ kind: "found", host }).docker.info()) as {
    Labels?: readonly string[] | null;
  };
  return (info.Labels ?? []).some((label) => label.startsWith(`${LABEL}=`));
}
