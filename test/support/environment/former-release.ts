/** The former release as a checkout of its own: today's code must take over what that release has applied. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout } from "../../../dev/checkout.ts";
import { printed, run } from "./run.ts";

/** The last commit before the folders became layers. */
const COMMIT = "3e7949f67ec8521cd84a2293543dcf6aadd3e4ec";

/** A checkout of the former release. */
export interface FormerRelease {
  /** Absolute path of the project's folder. */
  readonly root: string;
  remove(): Promise<void>;
}

/**
 * Checks the former release out into a temporary folder, with its packages.
 * @throws Error when this clone's history does not reach back to it
 */
export async function checkOutFormerRelease(): Promise<FormerRelease> {
  const root = await mkdtemp(join(tmpdir(), "claude-fleet-former-"));
  const remove = () => rm(root, { recursive: true, force: true });
  try {
    const archive = join(root, "release.tar");
    const archived = await run("git", ["archive", "--output", archive, COMMIT], { cwd: checkout.root });
    if (archived.code !== 0) {
      throw new Error(
        `The former release ${COMMIT} is not in the history of ${checkout.root}: run \`git fetch --unshallow\`.\n${archived.output}`,
      );
    }
    await printed("tar", ["-xf", archive, "-C", root]);
    // The program bundles what it needs when it runs, so that no script of a package is needed.
    await printed("npm", ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], {
      cwd: root,
    });
    return { root, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
