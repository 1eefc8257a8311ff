/**
 * Virtual time, and processes that run step by step. A process is an async function. Each of its effects is one step, at
 * a moment of its own. Between two steps of a process, any other process may take its steps. At any step a process can be
 * ended as by `kill -9`: then what it waits for never comes.
 */
import type { Random } from "./random.ts";

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** When a process is killed: at its n-th step from now, before or after that step's effect. */
export interface Death {
  readonly steps: number;
  readonly when: "before" | "after";
}

/** The clock, and the events that are due. */
export class Kernel {
  /** The true time in milliseconds since the epoch. */
  now: number;
  /** The milliseconds by which the host's clock was stepped. */
  skew = 0;
  readonly random: Random;
  readonly processes = new Set<Process>();
  /** The steps of all processes so far. */
  steps = 0;
  #events: Event[] = [];
  #order = 0;
  #nextPid = 1000;
  #failure: { error: unknown } | undefined;

  constructor(random: Random, now: number) {
    this.random = random;
    this.now = now;
  }

  /** Returns the time of the host's clock. */
  wallClock(): number {
    return Math.floor(this.now + this.skew);
  }

  /** Runs a task at that moment, outside of any process. */
  at(time: number, run: () => void): void {
    push(this.#events, { at: Math.max(time, this.now), order: this.#order++, run });
  }

  /** Starts a process. An error of its body fails the whole simulation, unless the process is dead. */
  spawn(name: string, body: (self: Process) => Promise<void>): Process {
    const process = new Process(this, name, this.#nextPid++);
    this.processes.add(process);
    process
      .step(() => undefined)
      .then(
        () =>
          body(process).then(
            () => process.end(),
            (error: unknown) => {
              this.#failure ??= { error };
            },
          ),
        () => undefined,
      );
    return process;
  }

  /** Lets time pass until `done` holds. @throws when no event is due any more, or `deadline` has passed */
  async runUntil(done: () => boolean, deadline: number): Promise<void> {
    let sinceBreath = 0;
    while (!done()) {
      const event = pop(this.#events);
      if (event === undefined) throw new Error("Every process waits, and no event is due.");
      if (event.at > deadline) {
        push(this.#events, event);
        throw new Error(`The awaited end did not come until ${new Date(deadline).toISOString()}.`);
      }
      this.now = event.at;
      event.run();
      await settled();
      if (this.#failure !== undefined) throw this.#failure.error;
      // Node's own timers, such as a test's deadline, need a turn now and then.
      if (++sinceBreath % 20_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets this much time pass. */
  async pass(milliseconds: number): Promise<void> {
    let over = false;
    const end = this.now + milliseconds;
    this.at(end, () => (over = true));
    await this.runUntil(() => over, end + 1);
  }
}

/** One process. */
export class Process {
  readonly kernel: Kernel;
  readonly name: string;
  readonly pid: number;
  /** When it was started. It tells this process from a later process with the same number. */
  readonly startTicks: string;
  alive = true;
  /** The number of its steps so far. */
  taken = 0;
  /** Until when it is stopped, for instance by a closed laptop. */
  stoppedUntil = 0;
  /** Whether it was stopped for so long that its locks may be taken over. */
  everStopped = false;
  /** The longest time of one step, in milliseconds. */
  pace = 8;
  death: Death | undefined;
  /** Called after each step while the process is alive. */
  afterStep: (() => void) | undefined;
  #whenEnded: (() => void)[] = [];

  constructor(kernel: Kernel, name: string, pid: number) {
    this.kernel = kernel;
    this.name = name;
    this.pid = pid;
    this.startTicks = String(Math.floor(kernel.now / 10));
  }

  /** Runs one effect. The process gets its error. @param takes milliseconds until the effect happens */
  step<T>(effect: () => T, takes = this.kernel.random.next() * this.pace): Promise<T> {
    const { kernel } = this;
    return new Promise((resolve, reject) => {
      const due = () => {
        if (!this.alive) return;
        if (this.stoppedUntil > kernel.now) return kernel.at(this.stoppedUntil + kernel.random.next(), due);
        this.taken++;
        kernel.steps++;
        const dies = this.death !== undefined && this.taken >= this.death.steps ? this.death.when : undefined;
        if (dies === "before") return this.kill();
        try {
          const result = effect();
          if (dies === "after") return this.kill();
          resolve(result);
        } catch (error) {
          if (dies === "after") return this.kill();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
        if (this.alive) this.afterStep?.();
      };
      kernel.at(kernel.now + takes, due);
    });
  }

  sleep(milliseconds: number): Promise<void> {
    return this.step(() => undefined, milliseconds);
  }

  /** Waits at most this long for the end of `other`. @returns whether it has ended */
  async waitFor(other: Process, milliseconds: number): Promise<boolean> {
    if (other.alive) {
      await new Promise<void>((resolve) => {
        const go = () => resolve();
        other.whenEnded(go);
        this.kernel.at(this.kernel.now + milliseconds, go);
      });
    }
    return this.step(() => !other.alive);
  }

  whenEnded(run: () => void): void {
    if (this.alive) this.#whenEnded.push(run);
    else run();
  }

  /** Kills the process at its n-th step from now. */
  dieAt(death: Death): void {
    this.death = { ...death, steps: this.taken + death.steps };
  }

  stop(milliseconds: number): void {
    this.stoppedUntil = this.kernel.now + milliseconds;
    this.everStopped = true;
  }

  /** Kills the process: no code of it runs any more. */
  kill(): void {
    if (this.alive) this.end();
  }

  /** The process has ended by itself. */
  end(): void {
    if (!this.alive) return;
    this.alive = false;
    this.kernel.processes.delete(this);
    for (const run of this.#whenEnded.splice(0)) run();
  }
}

/** Waits until every promise that can settle has settled: a tick comes after all of them. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Adds an event to the queue, a binary heap with the soonest event first. */
function push(heap: Event[], event: Event): void {
  let index = heap.length;
  heap.push(event);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Event;
    if (before(above, event)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++;
    const below = heap[child] as Event;
    if (before(last, below)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
  return first;
}
