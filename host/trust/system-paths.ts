/** Finds out whether only root can change what lies at a path, by the same shell text that the units use. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { ExpectedError } from "../../lib/expected-error.ts";
import { describeEnd } from "../../lib/process.ts";
import { runProcess } from "../../lib/run-process.ts";
import { FAULT_FUNCTION } from "../../plan/units/trust-check.ts";
import type { HostSystem } from "../system.ts";

/** A path that somebody else than root can change, or that is not as the fleet made it, and why, as a clause. */
export interface PathFault {
  readonly path: string;
  readonly why: string;
}

const CHECK = `${FAULT_FUNCTION} for path; do fault "$path"; done`;
const FAULT = /^(\/.*?) (belongs to .*|can be written .*)$/;

/**
 * Returns the first fault on the way to each of `paths`: of the path, of a link, or of a folder above it. Each fault once.
 * For a path that does not exist, the nearest folder that exists counts.
 * @throws {ExpectedError} when the shell does not run
 */
export async function systemFaults(
  { owner }: Pick<HostSystem, "owner">,
  paths: readonly string[],
): Promise<readonly PathFault[]> {
  const end = await runProcess(
    "/bin/sh",
    ["-c", `me=${owner.uid}; ${CHECK}`, "sh", ...new Set(paths.map(existing))],
    {
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" },
      deadlineMs: 30_000,
      maxOutputBytes: 1024 * 1024,
    },
  );
  if (end.notRun !== undefined || end.cut !== undefined) {
    throw new ExpectedError(
      `The owners of the folders on the host are unknown: /bin/sh ${describeEnd(end)}.`,
    );
  }
  return [...new Set(end.stdout.split("\n"))].flatMap((line) => {
    const [, path = "", why = ""] = FAULT.exec(line) ?? [];
    return path === "" ? [] : [{ path, why }];
  });
}

function existing(path: string): string {
  return path === "/" || existsSync(path) ? path : existing(dirname(path));
}
