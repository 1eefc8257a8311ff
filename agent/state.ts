/** The agent's state on the disk, and during a run: what changes is on the disk before the run goes on. */
import {
  freshAgentState,
  MAX_STATE_BYTES,
  parseAgentState,
  type AgentState,
} from "../contract/agent-state.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { storeFile } from "./store-file.ts";
import type { AgentWorld } from "./world.ts";

/** Reads the state of the user with this home. */
export async function readState(world: AgentWorld, home: string): Promise<AgentState> {
  const reading = await world.files.read(userPlaces(home).agentState, MAX_STATE_BYTES);
  return reading.kind === "file" ? parseAgentState(reading.text) : freshAgentState();
}

/** Stores the state, 0600. */
export async function writeState(world: AgentWorld, home: string, state: AgentState): Promise<void> {
  await storeFile(world, userPlaces(home).agentState, `${JSON.stringify(state)}\n`);
}

/** Holds the state of one run. */
export class Mind {
  readonly #world: AgentWorld;
  readonly #home: string;
  #memory: AgentState;

  constructor(world: AgentWorld, home: string, memory: AgentState) {
    this.#world = world;
    this.#home = home;
    this.#memory = memory;
  }

  get memory(): AgentState {
    return this.#memory;
  }

  /** Remembers what `change` makes of the memory; writes nothing when that is nothing. */
  async learn(change: (memory: AgentState) => AgentState): Promise<AgentState> {
    const next = change(this.#memory);
    if (JSON.stringify(next) !== JSON.stringify(this.#memory)) {
      await writeState(this.#world, this.#home, next);
      this.#memory = next;
    }
    return next;
  }
}

/** What every part of a run needs. */
export interface RunContext<Config> {
  readonly world: AgentWorld;
  readonly config: Config;
  readonly mind: Mind;
}
