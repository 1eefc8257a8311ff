/** Puts a login that was proven elsewhere into the home, under Claude Code's locks. Keeps a usable login that is there. */
import { isMapping } from "../../lib/is-mapping.ts";
import { join } from "node:path";
import { credentialsPath, readLogin, type OauthObject } from "../../claude/credentials.ts";
import { clearStaleLocks, lockTimes, withClaudeLocks } from "../../claude/locks.ts";
import { parseJson } from "../../lib/parse-json.ts";
import type { AgentConfig } from "../config.ts";
import { viewOf, type FileView } from "../decision/file-view.ts";
import { placeFile, stageFile } from "../files.ts";
import type { RunContext } from "../state.ts";

/** `kept`: the home holds another login. `blocked`: the locks were taken or lost, or the file cannot be replaced. */
export type PutEnd = { readonly kind: "put" } | { readonly kind: "kept" | "blocked"; readonly why: string };

/** How much longer to wait for the locks than it takes to take over a stale lock. */
const PATIENCE_MS = 30_000;

/** Replaces the credentials file. `mcpOAuth` and every other key stay as they are. */
export async function putIntoHome(run: RunContext<AgentConfig>, oauth: OauthObject): Promise<PutEnd> {
  const { world, config } = run;
  const { home } = config;
  const folder = join(home, ".claude");
  const path = credentialsPath(home);
  const stealMs = config.waits.lockStealSeconds * 1000;
  await world.files.makeFolder(folder);
  await run.store.update((state) => ({ ...state, holdsLocks: true }));
  const end = await withClaudeLocks(
    world,
    folder,
    { stealMs, giveUpMs: stealMs + PATIENCE_MS },
    async (locks): Promise<PutEnd> => {
      const found = await readLogin(world, path, home);
      if (isLive(viewOf(found.state), run))
        return { kind: "kept", why: "The home holds another login by now." };
      if (found.state.kind === "unreadable")
        return { kind: "blocked", why: `The credentials file cannot be read: ${found.state.why}.` };
      const staged = await stageFile(world, folder, merged(found.text, oauth));
      // A sign-in, and a session that stores an `mcpOAuth`, take only the lock of writes.
      const placed = await locks.whileWriting(async () => {
        const again = await readLogin(world, path, home);
        if (again.text !== found.text || !(await locks.stillOurs())) return false;
        await placeFile(world, staged, path);
        return true;
      });
      if (placed === true) return { kind: "put" };
      await world.files.remove(staged);
      const why =
        placed === undefined
          ? "Another process holds the lock of Claude Code's writes."
          : "Another process changed the login meanwhile.";
      return { kind: "blocked", why };
    },
  );
  await run.store.update((state) => ({ ...state, holdsLocks: false }));
  return end ?? { kind: "blocked", why: "Another process holds Claude Code's locks." };
}

/** Gives back the locks of a run that was killed, unless another process has taken them over. */
export async function giveBackLocks(run: RunContext<AgentConfig>): Promise<void> {
  const { world, config, store } = run;
  if (!store.state.holdsLocks) return;
  const seen = await lockTimes(world, join(config.home, ".claude"));
  if (seen.size > 0) await world.clock.sleep(config.waits.lockStealSeconds * 1000);
  await clearStaleLocks(world, seen);
  await store.update((state) => ({ ...state, holdsLocks: false }));
}

/** Whether a login may work. A login that was refused for good does not. */
function isLive(view: FileView, run: RunContext<AgentConfig>): boolean {
  return view.kind === "usable" && !run.store.state.refused.includes(view.fingerprint);
}

/** Keeps what else the file holds. A corrupt file is replaced whole: the agent has kept a copy of it. */
function merged(text: string | undefined, oauth: OauthObject): string {
  const value = text === undefined ? undefined : parseJson(text);
  const others = isMapping(value) ? value : {};
  return JSON.stringify({ ...others, claudeAiOauth: oauth });
}
