/** Asks the CLI for one inference. The agent state names the CLI's process before the agent waits for it. */
import { join } from "node:path";
import { CREDENTIALS_FILE, type OauthObject } from "../claude/credentials.ts";
import type { ProcessIdentity } from "../claude/process.ts";
import { userPlaces } from "../contract/agent-places.ts";
import type { AgentState } from "../contract/agent-state.ts";
import type { AgentConfig } from "./config.ts";
import type { ProbeEnd } from "./decision/facts.ts";
import { identityIn, type Identity } from "./decision/identity.ts";
import { removeTree, storeFile } from "./files.ts";
import type { RunContext } from "./state.ts";

/** How long a probe may take beside its CLI, in milliseconds: steps on a slow disk. */
const BESIDE_CLI_MS = 300_000;
const MAX_CONFIGURATION_BYTES = 32 * 1024 * 1024;

/** How a probe ended. `identity`: whose login it was, when the CLI fetched that during this probe. */
export interface Asked {
  readonly end: ProbeEnd;
  readonly identity: Identity | undefined;
}

/**
 * Starts the CLI and waits for its end.
 * @param where `configFolder`: the CLI's, undefined for the home's own; `configuration`: its `.claude.json`
 * @param before what the agent state says before the CLI starts
 */
export async function askClaude(
  run: RunContext<AgentConfig>,
  path: string,
  where: { readonly configFolder: string | undefined; readonly configuration: string },
  before: (state: AgentState) => AgentState = (state) => state,
): Promise<Asked> {
  const { world, config, store } = run;
  await store.update((state) => ({ ...before(state), probing: true }));
  const from = world.clock.now();
  const started = await world.claude.start({ path, configFolder: where.configFolder });
  if ("why" in started) {
    await store.update(withoutProbe);
    return { end: { kind: "not-started", why: started.why }, identity: undefined };
  }
  await store.update((state) => ({ ...state, probe: started.process }));
  const end = await started.end(config.claudeWaitSeconds * 1000);
  if (end.kind === "late") return { end, identity: undefined };
  await store.update(withoutProbe);
  const reading = await world.files.read(where.configuration, MAX_CONFIGURATION_BYTES);
  const longest = config.claudeWaitSeconds * 1000 + BESIDE_CLI_MS;
  const times = { from, to: world.clock.now(), longest };
  const identity = reading.kind === "file" ? identityIn(reading.text, times) : undefined;
  return { end, identity };
}

function withoutProbe(state: AgentState): AgentState {
  return { ...state, probe: null, probing: false };
}

/**
 * Waits for the CLI that an earlier run has left running. Does not wait for what a CLI left behind when it ended.
 * @returns a CLI that is still alive; undefined when there is none
 */
export async function awaitFormer(run: RunContext<AgentConfig>): Promise<ProcessIdentity | undefined> {
  const { world, config, store } = run;
  const living = async (): Promise<ProcessIdentity | undefined> => {
    const { probe, probing } = store.state;
    if (probe !== null) return (await world.claude.lives(probe)) ? probe : undefined;
    // The run was killed before it stored which process the CLI is.
    return probing ? (await world.claude.leftBehind())[0] : undefined;
  };
  // Sleeps are counted, because the clock may be set meanwhile.
  let waitedSeconds = 0;
  for (let found = await living(); found !== undefined; found = await living()) {
    if (waitedSeconds++ >= config.claudeWaitSeconds) return found;
    await world.clock.sleep(1000);
  }
  await store.update(withoutProbe);
  return undefined;
}

/** Returns a sentence about the processes that CLIs have left behind when they ended; empty when there are none. */
export async function leftoversOf({ world, store }: RunContext<AgentConfig>): Promise<readonly string[]> {
  const { probe, probing } = store.state;
  const left = probe === null && !probing ? await world.claude.leftBehind() : [];
  if (left.length === 0) return [];
  const pids = left.slice(0, 5).map(({ pid }) => pid);
  return [
    `The CLI has ended and left processes behind: \`ps -fp ${pids.join(",")}\` shows them. They may be ended.`,
  ];
}

/**
 * Returns whose a new login is; undefined when the CLI did not find that out. The CLI keeps a fetched profile and rarely
 * fetches it again, also when another login takes the former one's place (2.1.330). A probe in an empty folder fetches it.
 * The folder holds the access token alone, so that nothing can be refreshed.
 */
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
  const content = JSON.stringify({ claudeAiOauth: withoutRefresh });
  await storeFile(world, join(folder, CREDENTIALS_FILE), content);
  const where = { configFolder: folder, configuration: join(folder, ".claude.json") };
  const { end, identity } = await askClaude(run, claude, where);
  // A CLI that is still at work keeps its folder. The next run waits for the CLI and removes the folder.
  if (end.kind !== "late") await removeTree(world, folder);
  return identity;
}
