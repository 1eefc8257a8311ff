/**
 * Virtual time, and processes that take one step after another. A process is an ordinary async function; each of its
 * effects is one step, which happens at once, at a moment of its own. Between two steps of one process any other may
 * take its own, and at any step one can be ended as by `kill -9`: what it waits for then never comes.
 */
import type { Random } from "./random.ts";

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Where a process is ended: at its n-th step from now, without (`before`) or with (`after`) that step's effect. */
export interface Death {
  readonly steps: number;
  readonly when: "before" | "after";
}

/** The clock and what is due. */
export class Kernel {
  /** True time in milliseconds since the epoch. */
  now: number;
  /** What was added to the host's clock by stepping it. */
  skew = 0;
  readonly random: Random;
  readonly processes = new Set<Process>();
  /** Steps that were taken by all. */
  steps = 0;
  #events: Event[] = [];
  #order = 0;
  #nextPid = 1000;
  #failure: { error: unknown } | undefined;

  constructor(random: Random, now: number) {
    this.random = random;
    this.now = now;
  }

  /** Time as the host's clock tells it. */
  wallClock(): number {
    return Math.floor(this.now + this.skew);
  }

  /** Runs something at that moment, outside any process. */
  at(time: number, run: () => void): void {
    push(this.#events, { at: Math.max(time, this.now), order: this.#order++, run });
  }

  /** Starts a process. A body that throws fails the whole run, unless the process is dead. */
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

  /** Lets time pass until `done` holds. @throws when nothing is due any more, or `deadline` has passed */
  async runUntil(done: () => boolean, deadline: number): Promise<void> {
    let sinceBreath = 0;
    while (!done()) {
      const event = pop(this.#events);
      if (event === undefined) throw new Error("Everything waits, and nothing is due.");
      if (event.at > deadline) {
        push(this.#events, event);
        throw new Error(`Nothing ended until ${new Date(deadline).toISOString()}.`);
      }
      this.now = event.at;
      event.run();
      await settled();
      if (this.#failure !== undefined) throw this.#failure.error;
      // Node's own timers, such as a test's deadline, are served now and then.
      if (++sinceBreath % 20_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets that much time pass. */
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
  /** When it was started, in a form that tells it from a later one with its number. */
  readonly startTicks: string;
  alive = true;
  /** How many steps it has taken. */
  taken = 0;
  /** Until when it is stopped, as by a debugger or a laptop's lid. */
  stoppedUntil = 0;
  /** Whether it was ever stopped for long, so that locks of its own may be taken over. */
  everStopped = false;
  /** How long one step takes at most, in milliseconds. */
  pace = 8;
  death: Death | undefined;
  /** Called after each step, while the process lives. */
  afterStep: (() => void) | undefined;
  #whenEnded: (() => void)[] = [];

  constructor(kernel: Kernel, name: string, pid: number) {
    this.kernel = kernel;
    this.name = name;
    this.pid = pid;
    this.startTicks = String(Math.floor(kernel.now / 10));
  }

  /** One effect. What it throws is thrown to the process. @param takes milliseconds until it happens */
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

  /** Waits until `other` has ended, at most so long. @returns whether it has */
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

  /** Ends at the n-th step from now on. */
  dieAt(death: Death): void {
    this.death = { ...death, steps: this.taken + death.steps };
  }

  stop(milliseconds: number): void {
    this.stoppedUntil = this.kernel.now + milliseconds;
    this.everStopped = true;
  }

  /** The process is gone: no code of its own runs any more. */
  kill(): void {
    if (this.alive) this.end();
  }

  /** It has come to its own end. */
  end(): void {
    if (!this.alive) return;
    this.alive = false;
    this.kernel.processes.delete(this);
    for (const run of this.#whenEnded.splice(0)) run();
  }
}

/** Until every promise that can go on has gone on: ticks come after all of them. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** The queue is a binary heap, its soonest event first. */
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
