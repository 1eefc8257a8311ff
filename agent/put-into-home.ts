/** Puts a login that was proven elsewhere into the home, under Claude Code's locks, unless there is a usable one again. */
import { join } from "node:path";
import { clearStaleLocks, lockTimes, withClaudeLocks } from "../claude/locks.ts";
import type { AgentConfig } from "./config.ts";
import { credentialsPath, readLogin, type OauthObject } from "../claude/credentials.ts";
import { viewOf } from "./decision/file-view.ts";
import type { FileView } from "./decision/file-view.ts";
import type { RunContext } from "./state.ts";
import { placeFile, stageFile } from "./store-file.ts";

/** `kept`: somebody else's login is there. `blocked`: the locks were not to be had, or lost. */
export type PutEnd = { readonly kind: "put" } | { readonly kind: "kept" | "blocked"; readonly why: string };

/** How much longer than it takes to take a lock over others are waited for. */
const PATIENCE_MS = 30_000;

/** The file is replaced whole: `mcpOAuth` and every other key stay as they are. */
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
        return { kind: "kept", why: "there is another login in the home by now" };
      if (found.state.kind === "unreadable")
        return { kind: "blocked", why: `the credentials file: ${found.state.why}` };
      const staged = await stageFile(world, folder, merged(found.text, oauth));
      // A person who signs in, and a session that stores an `mcpOAuth`, hold no lock of a refresh.
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
          ? "the lock of Claude Code's writes is held by another process"
          : "another process has changed the login meanwhile";
      return { kind: "blocked", why };
    },
  );
  await run.store.update((state) => ({ ...state, holdsLocks: false }));
  return end ?? { kind: "blocked", why: "Claude Code's locks are held by another process" };
}

/** Gives back locks that an earlier run was ended with, unless somebody has taken them over since. */
export async function giveBackLocks(run: RunContext<AgentConfig>): Promise<void> {
  const { world, config, store } = run;
  if (!store.state.holdsLocks) return;
  const seen = await lockTimes(world, join(config.home, ".claude"));
  if (seen.size > 0) await world.clock.sleep(config.waits.lockStealSeconds * 1000);
  await clearStaleLocks(world, seen);
  await store.update((state) => ({ ...state, holdsLocks: false }));
}

/** A login that nothing is known against; what was refused for good is none. */
function isLive(view: FileView, run: RunContext<AgentConfig>): boolean {
  return view.kind === "usable" && !run.store.state.refused.includes(view.fingerprint);
}

function merged(text: string | undefined, oauth: OauthObject): string {
  return JSON.stringify({ ...objectOf(text), claudeAiOauth: oauth });
}

/** What else the file holds; nothing, when it is corrupt: a copy of it was kept. */
function objectOf(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
