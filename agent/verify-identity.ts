/**
 * Whose a new login is. The CLI keeps a fetched profile and rarely fetches it anew, also not when another login takes the
 * former one's place (2.1.330), so the home's own probe mostly does not say. A probe in an empty folder does: with the
 * access token alone, so that nothing can be refreshed or used up by it.
 */
import { join } from "node:path";
import { askClaude } from "./ask.ts";
import type { AgentConfig } from "./config.ts";
import type { OauthObject } from "../claude/credentials.ts";
import type { Identity } from "./decision/identity.ts";
import type { RunContext } from "./state.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { storeFile } from "./store-file.ts";
import { removeTree } from "./tidy.ts";

/** The login's identity; undefined when the CLI did not find it out. */
export async function verifyIdentity(
  run: RunContext<AgentConfig>,
  claude: string,
  oauth: OauthObject,
): Promise<Identity | undefined> {
  const { world, config } = run;
  const { identity: folder } = userPlaces(config.home);
  await removeTree(world, folder);
  await world.files.makeFolder(folder);
  const withoutRefresh: Record<string, unknown> = { ...oauth };
  delete withoutRefresh["refreshToken"];
  await storeFile(
    world,
    join(folder, ".credentials.json"),
    JSON.stringify({ claudeAiOauth: withoutRefresh }),
  );
  const where = { configFolder: folder, configuration: join(folder, ".claude.json") };
  const { end, identity } = await askClaude(run, claude, where);
  // A CLI that is still at work keeps its folder; the next run waits for it and clears it away.
  if (end.kind !== "late") await removeTree(world, folder);
  return identity;
}
