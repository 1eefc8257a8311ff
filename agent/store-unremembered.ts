/**
 * What can still be done for a login where nothing can be written any more: a CLI that is at work in the home may have
 * stored a successor in the last room there was, and Vault is the one place left that can know of it.
 */
import type { BackupState } from "../contract/agent-classes.ts";
import type { AgentConfig } from "./config.ts";
import { credentialsPath, readLogin } from "../claude/credentials.ts";
import { viewOf } from "./decision/file-view.ts";
import { withFile } from "./decision/lineage.ts";
import { keep } from "./keep.ts";
import { openVault } from "./vault-access.ts";
import type { AgentWorld } from "./world.ts";
import { readState } from "./state.ts";

/** Stores the home's login as the backup axis decides, and leaves the disk as it is. To be called under the agent's lock. */
export async function storeUnremembered(world: AgentWorld, config: AgentConfig): Promise<BackupState> {
  try {
    const { state: login } = await readLogin(world, credentialsPath(config.home), config.home);
    const remembered = await readState(world, config.home);
    const { access } = await openVault(world, config);
    const state = withFile(remembered, viewOf(login), world.clock.now());
    return (await keep(world, config, access, login, state)).axis.state;
  } catch {
    // It is reported already that the home is in trouble, and nothing was lost by trying.
    return "none";
  }
}
