/** The memory during a run: what changes is on the disk before the run goes on. */
import { writeMemory, type Memory } from "./memory.ts";
import type { AgentWorld } from "./world.ts";

/** Holds the memory of one run. */
export class Mind {
  readonly #world: AgentWorld;
  readonly #home: string;
  #memory: Memory;

  constructor(world: AgentWorld, home: string, memory: Memory) {
    this.#world = world;
    this.#home = home;
    this.#memory = memory;
  }

  get memory(): Memory {
    return this.#memory;
  }

  /** Remembers what `change` makes of the memory; writes nothing when that is nothing. */
  async learn(change: (memory: Memory) => Memory): Promise<Memory> {
    const next = change(this.#memory);
    if (JSON.stringify(next) !== JSON.stringify(this.#memory)) {
      await writeMemory(this.#world, this.#home, next);
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
