/** Asks the CLI once, remembering its process before waiting for it. */
import type { AgentConfig } from "./config.ts";
import type { ProbeEnd } from "./decision/facts.ts";
import { identityIn, type Identity } from "./decision/identity.ts";
import type { AgentState } from "../contract/agent-state.ts";
import type { RunContext } from "./state.ts";
import type { ProcessMark } from "../claude/process.ts";

const MAX_CONFIGURATION_BYTES = 32 * 1024 * 1024;

/** A probe's end, and whose login it was, if the CLI has looked that up in this very probe. */
export interface Asked {
  readonly end: ProbeEnd;
  readonly identity: Identity | undefined;
}

/**
 * @param where `configFolder`: the CLI's, undefined for the home's own; `configuration`: its `.claude.json`
 * @param before what is to be remembered together with the process
 */
export async function askClaude(
  run: RunContext<AgentConfig>,
  path: string,
  where: { readonly configFolder: string | undefined; readonly configuration: string },
  before: (state: AgentState) => AgentState = (state) => state,
): Promise<Asked> {
  const { world, config, store } = run;
  await store.update(before);
  const from = world.clock.now();
  const started = await world.claude.start({ path, configFolder: where.configFolder });
  if ("why" in started) return { end: { kind: "not-started", why: started.why }, identity: undefined };
  await store.update((state) => ({ ...state, probe: started.mark }));
  const end = await started.end(config.claudeWaitSeconds * 1000);
  if (end.kind === "late") return { end, identity: undefined };
  await store.update((state) => ({ ...state, probe: null }));
  const reading = await world.files.read(where.configuration, MAX_CONFIGURATION_BYTES);
  const identity = reading.kind === "file" ? identityIn(reading.text, from, world.clock.now()) : undefined;
  return { end, identity };
}

/** Waits for CLIs that earlier runs have left behind. @returns one that still lives; undefined when none does */
export async function awaitFormer(run: RunContext<AgentConfig>): Promise<ProcessMark | undefined> {
  const { world, config, store } = run;
  const living = async (): Promise<ProcessMark | undefined> => {
    const { probe } = store.state;
    if (probe !== null && (await world.claude.lives(probe))) return probe;
    return (await world.claude.leftBehind())[0];
  };
  const deadline = world.clock.now() + config.claudeWaitSeconds * 1000;
  for (let mark = await living(); mark !== undefined; mark = await living()) {
    if (world.clock.now() >= deadline) return mark;
    await world.clock.sleep(1000);
  }
  await store.update((state) => ({ ...state, probe: null }));
  return undefined;
}
