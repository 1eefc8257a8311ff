/** The mark that a backup, or a restore, waits for Vault. The path unit watches it, so that touching it starts `backup`. */
import type { AgentWorld } from "./world.ts";

/** Leaves or touches the mark, or takes it away. */
export async function markPending(world: AgentWorld, path: string, waiting: boolean): Promise<void> {
  const there = (await world.files.state(path)) !== undefined;
  if (!waiting) {
    if (there) await world.files.remove(path);
  } else if (there) {
    await world.files.touch(path, world.clock.now());
  } else {
    await world.files.create(path, "");
  }
}
