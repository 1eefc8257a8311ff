/** The agent state on the disk and during a run. A change is on the disk before the run continues. */
import {
  freshAgentState,
  MAX_STATE_BYTES,
  parseAgentState,
  type AgentState,
} from "../contract/agent-state.ts";
import { userPlaces } from "../contract/agent-places.ts";
import { storeFile } from "./files.ts";
import type { AgentWorld } from "./world.ts";

/** Reads the agent state of the user with this home. */
export async function readState(world: AgentWorld, home: string): Promise<AgentState> {
  const reading = await world.files.read(userPlaces(home).agentState, MAX_STATE_BYTES);
  return reading.kind === "file" ? parseAgentState(reading.text) : freshAgentState();
}

/** Holds the agent state of one run, and stores each change. */
export class StateStore {
  readonly #world: AgentWorld;
  readonly #home: string;
  #state: AgentState;

  constructor(world: AgentWorld, home: string, state: AgentState) {
    this.#world = world;
    this.#home = home;
    this.#state = state;
  }

  get state(): AgentState {
    return this.#state;
  }

  /** Applies `change` and stores the result, 0600. Writes nothing when nothing changed. */
  async update(change: (state: AgentState) => AgentState): Promise<AgentState> {
    const next = change(this.#state);
    if (JSON.stringify(next) !== JSON.stringify(this.#state)) {
      await storeFile(this.#world, userPlaces(this.#home).agentState, `${JSON.stringify(next)}\n`);
      this.#state = next;
    }
    return next;
  }
}

/** What every part of a run needs. */
export interface RunContext<Config> {
  readonly world: AgentWorld;
  readonly config: Config;
  readonly store: StateStore;
}
