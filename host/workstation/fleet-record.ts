/** What root keeps on a workstation for each fleet: the last plan, who is enrolled, how often it was applied. */
import { mkdir, readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { readRegularFile, readTextFile, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { pauseMark, type Pause } from "../../contract/user-run.ts";
import { parsePlan } from "../../contract/parse-messages.ts";
import { hostPlaces, type HostSystem } from "../system.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

const MAX_PLAN_BYTES = 32 * 1024 * 1024;

const accessor = z.string().max(200);
const ledgerEntry = z.strictObject({
  accessor: accessor.nullable(),
  strays: z.array(accessor).max(100).optional(),
});
const ledger = z.record(z.string().max(64), ledgerEntry);

/** What is known of a user's tokens. */
export interface LedgerEntry {
  /** Of the token that the last finished enrolment gave; null when none has. */
  readonly accessor: string | null;
  /** Of tokens that were minted for enrolments which did not come to their end; they may still live. */
  readonly strays?: readonly string[] | undefined;
}

/**
 * Users that this fleet has touched here. A user is entered before anything is made for them and leaves it after
 * everything is gone, so that no half-done change is forgotten.
 */
export type Ledger = Readonly<Record<string, LedgerEntry>>;

/** Every accessor of a user that is on record. */
export function recordedAccessors(entry: LedgerEntry | undefined): readonly string[] {
  if (entry === undefined) return [];
  return [...(entry.accessor === null ? [] : [entry.accessor]), ...(entry.strays ?? [])];
}

/** The records of one fleet on this host. */
export class FleetRecord {
  readonly #system: HostSystem;
  readonly #folder: string;

  constructor(system: HostSystem, fleet: string) {
    this.#system = system;
    this.#folder = join(hostPlaces(system).fleets, fleet);
  }

  /** The plan that was applied last, wholly or in part; undefined when none was. */
  async plan(): Promise<HostPlan | undefined> {
    const path = join(this.#folder, "plan.json");
    const text = await readTextFile(path, MAX_PLAN_BYTES);
    return text === undefined ? undefined : parsePlan(text, path);
  }

  /** The same, for who can do without a damaged one. */
  async planUnlessDamaged(): Promise<HostPlan | undefined> {
    try {
      return await this.plan();
    } catch (error) {
      if (error instanceof ExpectedError) return undefined;
      throw error;
    }
  }

  async writePlan(plan: HostPlan): Promise<void> {
    await this.#write("plan.json", `${JSON.stringify(plan, null, 2)}\n`, 0o644);
  }

  async ledger(): Promise<Ledger> {
    const path = join(this.#folder, "enrolled.json");
    const text = await readTextFile(path, MAX_PLAN_BYTES);
    if (text === undefined) return {};
    try {
      return ledger.parse(JSON.parse(text));
    } catch (error) {
      throw new ExpectedError(
        `${path} is damaged; restore it from a backup, or remove it and run \`pulumi up\`.`,
        {
          cause: error,
        },
      );
    }
  }

  async writeLedger(value: Ledger): Promise<void> {
    const sorted = Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    await this.#write("enrolled.json", `${JSON.stringify(sorted, null, 2)}\n`, 0o600);
  }

  /** Absolute path of the file that counts the applies. */
  get generationFile(): string {
    return join(this.#folder, "generation");
  }

  /** Number of applies, 0 when never. */
  async generation(): Promise<number> {
    const text = (await readTextFile(this.generationFile, 100))?.trim() ?? "0";
    const count = Number(text);
    return Number.isSafeInteger(count) && count >= 0 ? count : 0;
  }

  async writeGeneration(count: number): Promise<void> {
    await this.#write("generation", `${count}\n`, 0o644);
  }

  /** Whether an operator has paused `user` on this host: `/etc/claude-fleet/<fleet>/pause/<user>` exists. */
  async paused(user: string): Promise<boolean> {
    return (await this.pauseOf(user)) !== undefined;
  }

  /** The mark of a paused user; one that was made by hand names nobody. Undefined when the user is not paused. */
  async pauseOf(user: string): Promise<Pause | undefined> {
    const reading = await readRegularFile(this.#pausePath(user), 10_000);
    if (reading.kind === "missing") return undefined;
    const unnamed = { by: "somebody on the host", at: "", reason: "" };
    if (reading.kind !== "file") return unnamed;
    try {
      return pauseMark.parse(JSON.parse(reading.content.toString("utf8")));
    } catch {
      return unnamed;
    }
  }

  async writePause(user: string, mark: Pause): Promise<void> {
    await this.#write(join("pause", user), `${JSON.stringify(mark)}\n`, 0o644);
  }

  async removePause(user: string): Promise<void> {
    await rm(this.#pausePath(user), { force: true });
  }

  #pausePath(user: string): string {
    return join(this.#folder, "pause", user);
  }

  /** Everything that is kept of the fleet, with its mode; what there is of it belongs to root. */
  places(): readonly (readonly [path: string, mode: number])[] {
    return [
      [this.#folder, 0o755],
      [join(this.#folder, "pause"), 0o755],
      [join(this.#folder, "plan.json"), 0o644],
      [this.generationFile, 0o644],
      [join(this.#folder, "enrolled.json"), 0o600],
    ];
  }

  /** Forgets the fleet; a pause of its users goes with it, and the folder of all fleets with the last one. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await rmdir(hostPlaces(this.#system).fleets).catch((error: unknown) => {
      if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(errorCode(error))) throw error;
    });
  }

  async #write(name: string, content: string, mode: number): Promise<void> {
    const path = join(this.#folder, name);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      await writeFileAtomic(path, content, { mode, owner: this.#system.owner });
    } catch (error) {
      throw new ExpectedError(
        `${path} cannot be written (${errorCode(error)}); mend that file system or make room on it, then run \`pulumi up\` again.`,
        { cause: error },
      );
    }
  }
}

/** The recorded plans of all other fleets on this host. */
export async function otherPlans(system: HostSystem, fleet: string): Promise<readonly HostPlan[]> {
  const plans: HostPlan[] = [];
  for (const name of await fleetNames(system)) {
    const plan = name === fleet ? undefined : await new FleetRecord(system, name).plan();
    if (plan) plans.push(plan);
  }
  return plans;
}

/** Names of the fleets on this host. */
export async function fleetNames(system: HostSystem): Promise<readonly string[]> {
  try {
    const entries = await readdir(hostPlaces(system).fleets, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
