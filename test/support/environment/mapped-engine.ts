/** A Docker engine of the tests' own that gives its containers' users other numbers than the host (`userns-remap`). */
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { startEngine, type TestEngine } from "./test-engine.ts";

/** A user that every system has; "root" would map nothing. */
const OWNER = "daemon";

/** The host's number of the containers' root. */
const FIRST_UID = 300_000;

/** A running engine. */
export interface MappedEngine extends TestEngine {
  /** The host's number of a user of the containers. */
  uidOnHost(uid: number): number;
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
  const ids = join(folder, "ids");
  await writeFile(ids, `${OWNER}:${FIRST_UID}:65536\n`);
  // The engine has a mount namespace of its own, so that no other process sees these subordinate ids.
  const script =
    'ids=$1; shift; for file in subuid subgid; do mount --bind "$ids" "/etc/$file"; done; exec "$@"';
  const engine = await startEngine(environment, {
    folder,
    settings: { "userns-remap": `${OWNER}:${OWNER}` },
    wrapper: ["unshare", "--mount", "sh", "-ec", script, "sh", ids],
    image,
  });
  return { ...engine, uidOnHost: (uid) => FIRST_UID + uid };
}
