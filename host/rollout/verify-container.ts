/** `verify`: checks that a container is healthy and that the file at its target is the approved token, mounted read-only. */
import { readFile } from "node:fs/promises";
import type { ResultOf } from "../../contract/actions.ts";
import type { ContainerCheck } from "../../contract/rollout.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { networkFault } from "../../plan/drift/container-state.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { awaitHealthy, type HealthTiming } from "./container-health.ts";
import { mountOptions, resolveInside } from "./container-mounts.ts";
import { describeReading, readRegularFile } from "../../lib/regular-file.ts";
import { MAX_TOKEN_FILE_BYTES } from "../token/candidate-rules.ts";

/**
 * Waits until the container is healthy, then reads the token inside it through /proc/PID/root.
 * @throws {ExpectedError} when the container is not healthy in time, or reads something else
 */
export async function verifyContainer(
  check: ContainerCheck,
  timing?: HealthTiming,
): Promise<ResultOf<"verify">> {
  const container = await awaitHealthy(check, timing);
  const network = networkFault(container);
  if (network !== undefined) {
    throw new ExpectedError(`${check.container} ${network}; run \`pulumi up\` to replace it.`);
  }
  const root = `/proc/${container.pid}/root`;
  const target = await mountedTarget(check, container.pid);
  const source = container.mounts.find((mount) => mount.target === check.target)?.source;
  if (source !== check.source) {
    throw new ExpectedError(
      `In ${check.container} ${source ?? "nothing of this host"} is mounted at ${check.target} instead of the approved copy ${check.source}; the command that creates the container must use the compose file that CLAUDE_FLEET_COMPOSE_OVERRIDE names.`,
    );
  }
  const reading = await readRegularFile(`${root}${target}`, MAX_TOKEN_FILE_BYTES);
  if (reading.kind !== "file") {
    throw unreadable(check, reading.kind === "unreadable" ? reading.why : `it ${describeReading(reading)}`);
  }
  const found = sha256Of(reading.content);
  if (found !== check.sha256) {
    throw new ExpectedError(
      `${check.container} reads another token at ${check.target} (${found.slice(0, 12)}, not ${check.sha256.slice(0, 12)}); run \`pulumi up\` to replace it.`,
    );
  }
  const state = container.health === undefined ? "running" : "healthy";
  return { container: check.container, sha256: found, state };
}

/** Returns the target's path inside the container, without links. @throws {ExpectedError} unless a mount lies there, read-only */
async function mountedTarget(check: ContainerCheck, pid: number): Promise<string> {
  const info = await readFile(`/proc/${pid}/mountinfo`, "utf8").catch((error: unknown) => {
    throw unreadable(check, errorCode(error));
  });
  const target = await resolveInside(`/proc/${pid}/root`, check.target).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw unreadable(check, errorCode(error));
  });
  const options = target === undefined ? undefined : mountOptions(info, target);
  if (target === undefined || options === undefined) {
    throw new ExpectedError(
      `In ${check.container} nothing is mounted at ${check.target}; run \`pulumi up\` to replace the container.`,
    );
  }
  if (!options.includes("ro")) {
    throw new ExpectedError(
      `In ${check.container} the token at ${check.target} is mounted writable; run \`pulumi up\` to replace the container.`,
    );
  }
  return target;
}

function unreadable(check: ContainerCheck, why: string): ExpectedError {
  const remedy =
    why === "EACCES" || why === "EPERM"
      ? "set `become: sudo -n` for the token's host"
      : "check that its engine runs on this host";
  return new ExpectedError(
    `The token inside ${check.container} at ${check.target} cannot be read (${why}); ${remedy}.`,
  );
}
