/** The private folder in which a restore refreshes its login. It stays until its login is at home and in Vault, or dead. */
import { join } from "node:path";
import {
  readLogin,
  type CredentialState,
  type OauthObject,
  CREDENTIALS_FILE,
} from "../../claude/credentials.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import type { AgentConfig } from "../config.ts";
import { viewOf, type FileView } from "../decision/file-view.ts";
import { folderStep, isAtHome } from "../decision/restore.ts";
import { withPlaced, withRestoreRefused } from "../decision/restore-state.ts";
import { removeTree, storeFile } from "../files.ts";
import type { RunContext } from "../state.ts";

type Run = RunContext<AgentConfig>;

/** Reads the login in the folder. */
export async function readFolder({
  world,
  config,
}: Run): Promise<{ readonly login: CredentialState; readonly view: FileView }> {
  const path = join(userPlaces(config.home).scratch, CREDENTIALS_FILE);
  const { state: login } = await readLogin(world, path, config.home);
  return { login, view: viewOf(login) };
}

/** Makes the folder again, with this login alone in it. */
export async function writeFolder({ world, config }: Run, oauth: OauthObject): Promise<void> {
  const { scratch } = userPlaces(config.home);
  await removeTree(world, scratch);
  await world.files.makeFolder(scratch);
  await storeFile(world, join(scratch, CREDENTIALS_FILE), JSON.stringify({ claudeAiOauth: oauth }));
}

/** Removes locks from the folder. Only the agent's own CLIs work there, and none of them is alive. */
export async function removeLocks({ world, config }: Run): Promise<void> {
  const { scratch } = userPlaces(config.home);
  for (const path of [
    join(scratch, ".oauth_refresh.lock"),
    join(scratch, ".storage-write.lock"),
    `${scratch}.lock`,
  ])
    await removeTree(world, path);
}

/**
 * Ends a restore when the home and Vault both hold its login, or when that login is useless. Otherwise the folder stays.
 * @param home the credentials file
 */
export async function settleRestore(run: Run, home: FileView): Promise<void> {
  const { world, config, store } = run;
  const { restore } = store.state;
  if (restore === null) {
    await removeTree(world, userPlaces(config.home).scratch);
    return;
  }
  const { view } = await readFolder(run);
  if (restore.stage === "refreshed" && isAtHome(view, home))
    await store.update((state) => withPlaced(state, world.clock.now()));
  const step = folderStep(store.state, view, home);
  if (step === "keep") return;
  if (step === "refused") await store.update(withRestoreRefused);
  await dropRestore(run);
}

/** Ends a restore of another login than the verified one in the home. */
export async function settleForProven(run: Run): Promise<void> {
  const { restore, login } = run.store.state;
  if (restore === null || login?.pinned !== true) return;
  const { view } = await readFolder(run);
  if (view.kind !== "usable" || view.fingerprint !== login.fingerprints[0]) await dropRestore(run);
}

/** Ends a restore without a result. */
export async function dropRestore(run: Run): Promise<void> {
  await removeTree(run.world, userPlaces(run.config.home).scratch);
  await run.store.update((state) => ({ ...state, restore: null }));
}
