/** `verify-container`: the container is up to stay, and what it reads at its target is the very token. */
import { lstat, readFile, readlink } from "node:fs/promises";
import { posix } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readRegularFile } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { MAX_TOKEN_FILE_BYTES } from "../token/judge-candidate.ts";
import { namedContainers, type ContainerState } from "../docker.ts";
import type { ContainerCheck, VerifyResult } from "../../contract/rollout.ts";
import { sha256Of } from "../../lib/sha256.ts";

/** Equal samples in a row, a second apart, before a container counts as up. */
const STABLE_SAMPLES = 3;
/**
 * The same for one that has been restarted: Docker too takes a run of more than ten seconds for a good one, and begins
 * anew with its delays. Source: https://docs.docker.com/reference/cli/docker/container/run/#restart
 */
const STABLE_SAMPLES_AFTER_RESTART = 12;
const SAMPLE_MS = 1000;

/**
 * @param sampleMs time between two looks at it
 * @throws {ExpectedError} when the container is not up in time, or reads something else
 */
export async function verifyContainer(check: ContainerCheck, sampleMs = SAMPLE_MS): Promise<VerifyResult> {
  const container = await awaitStable(check, sampleMs);
  const root = `/proc/${container.pid}/root`;
  const info = await readFile(`/proc/${container.pid}/mountinfo`, "utf8").catch((error: unknown) => {
    throw unreadable(check, errorCode(error));
  });
  const target = await resolveInside(root, check.target).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw unreadable(check, errorCode(error));
  });
  const options = target === undefined ? undefined : mountOptions(info, target);
  if (target === undefined || options === undefined) {
    throw new ExpectedError(
      `In ${check.container} nothing is mounted at ${check.target}; run \`pulumi up\` to replace it.`,
    );
  }
  if (!options.includes("ro")) {
    throw new ExpectedError(
      `In ${check.container} the token at ${check.target} is mounted writable; run \`pulumi up\`.`,
    );
  }
  const source = container.mounts.find((mount) => mount.target === check.target)?.source;
  if (source !== check.source) {
    throw new ExpectedError(
      `In ${check.container} ${source ?? "nothing of this host"} is mounted at ${check.target} instead of the copy that has passed the gate, ${check.source}; what makes the container must use the compose file that CLAUDE_FLEET_COMPOSE_OVERRIDE names.`,
    );
  }
  const reading = await readRegularFile(`${root}${target}`, MAX_TOKEN_FILE_BYTES);
  if (reading.kind !== "file")
    throw unreadable(check, reading.kind === "unreadable" ? reading.why : reading.kind);
  const found = sha256Of(reading.content);
  if (found !== check.sha256) {
    throw new ExpectedError(
      `${check.container} reads another token at ${check.target} (${found.slice(0, 12)}, not ${check.sha256.slice(0, 12)}); run \`pulumi up\` to replace it.`,
    );
  }
  const state = container.health === undefined ? "running" : "healthy";
  return { container: check.container, sha256: found, state };
}

async function awaitStable(check: ContainerCheck, sampleMs: number): Promise<ContainerState> {
  const deadline = Date.now() + check.healthTimeoutSeconds * 1000;
  let former: ContainerState | undefined;
  let equal = 0;
  for (;;) {
    const current = await sample(check);
    const good =
      current.running && current.status === "running" && (current.health ?? "healthy") === "healthy";
    equal = good ? (isSame(former, current) ? equal + 1 : 1) : 0;
    const enough = current.restartCount === 0 ? STABLE_SAMPLES : STABLE_SAMPLES_AFTER_RESTART;
    if (equal >= enough) return current;
    if (isOver(current) || Date.now() >= deadline) throw notUp(check, current);
    former = current;
    await sleep(sampleMs);
  }
}

async function sample(check: ContainerCheck): Promise<ContainerState> {
  const answer = await namedContainers(check.container);
  if ("why" in answer) throw new ExpectedError(`${check.container} cannot be checked: ${answer.why}.`);
  const [container] = answer.containers;
  if (container === undefined)
    throw new ExpectedError(`There is no container ${check.container}; run \`pulumi up\`.`);
  return container;
}

/** Whether two samples show the same run of the same container. */
function isSame(former: ContainerState | undefined, current: ContainerState): boolean {
  return (
    former !== undefined &&
    former.id === current.id &&
    former.pid === current.pid &&
    former.restartCount === current.restartCount
  );
}

/** An ended container that nothing will start again. */
function isOver(state: ContainerState): boolean {
  const ended = state.status === "exited" || state.status === "dead";
  return ended && (state.restartPolicy === "no" || state.restartPolicy === "");
}

function notUp(check: ContainerCheck, state: ContainerState): ExpectedError {
  const health = state.health === undefined ? "" : `, health ${state.health}`;
  return new ExpectedError(
    `${check.container} is not up after ${check.healthTimeoutSeconds} s: ${state.status}${health}, restarted ${state.restartCount} times; look at \`docker logs ${check.container}\` on its host. The containers after it were not touched.`,
  );
}

function unreadable(check: ContainerCheck, why: string): ExpectedError {
  const remedy =
    why === "EACCES" || why === "EPERM"
      ? "set `become: sudo -n` for the token's host"
      : "check that its engine runs on this very host";
  return new ExpectedError(
    `The token inside ${check.container} at ${check.target} cannot be read (${why}); ${remedy}.`,
  );
}

/**
 * `path` with every link resolved as the container sees it. Left to the kernel, an absolute link behind
 * /proc/PID/root would lead into the host's own file system.
 */
export async function resolveInside(root: string, path: string): Promise<string> {
  let resolved = "/";
  let rest = path.split("/").filter((part) => part !== "");
  for (let links = 0; rest.length > 0;) {
    const [part = "", ...after] = rest;
    const next = posix.join(resolved, part);
    if ((await lstat(`${root}${next}`)).isSymbolicLink()) {
      if (++links > 40) throw new ExpectedError(`${path} has too many links inside the container.`);
      const link = await readlink(`${root}${next}`);
      if (link.startsWith("/")) resolved = "/";
      rest = [...link.split("/").filter((word) => word !== ""), ...after];
    } else {
      resolved = next;
      rest = after;
    }
  }
  return resolved;
}

/** Options of the topmost mount at exactly `target`; undefined when there is none. Format: proc_pid_mountinfo(5). */
export function mountOptions(mountinfo: string, target: string): readonly string[] | undefined {
  const mounts = mountinfo.split("\n").map((line) => line.split(" "));
  const found = mounts.filter(([, , , , point = ""]) => unescapeMount(point) === target).at(-1);
  return found?.[5]?.split(",");
}

function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
