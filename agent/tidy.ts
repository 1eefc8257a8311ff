/** Takes away what an earlier run of the agent left when it was ended: its own temporary files, and nobody else's. */
import { join } from "node:path";
import { userPlaces } from "../contract/agent-places.ts";
import { OWN_TEMPORARY } from "./store-file.ts";
import type { AgentWorld } from "./world.ts";

/** Stale temporary files are removed from the folders in which the agent makes them. To be called under its lock. */
export async function removeStaleFiles(world: AgentWorld, home: string): Promise<void> {
  const places = userPlaces(home);
  for (const folder of [join(home, ".claude"), places.state, places.scratch]) {
    for (const name of await world.files.list(folder)) {
      if (OWN_TEMPORARY.test(name)) await world.files.remove(join(folder, name));
    }
  }
}

/** Removes a folder of the agent's own, in which a CLI has worked, and everything in it. Links are not followed. */
export async function removeTree(world: AgentWorld, folder: string): Promise<void> {
  // The login first: whatever else happens, no token stays.
  for (const name of [".credentials.json", ...(await world.files.list(folder))]) {
    const path = join(folder, name);
    const state = await world.files.state(path);
    if (state?.kind === "directory") await removeTree(world, path);
    else if (state !== undefined) await world.files.remove(path);
  }
  await world.files.removeFolder(folder);
}
