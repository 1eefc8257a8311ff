/** The fleet record: what root keeps of one fleet on a workstation. Its files lie below `/etc/claude-fleet/<fleet>/`. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { HostPlan } from "../../contract/host-plan.ts";
import { parsePlan } from "../../contract/parse-messages.ts";
import { PAUSE_FOLDER, pauseMarker, type PauseMarker } from "../../contract/user-run.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { removeEmptyFolder } from "../host-files.ts";
import { hostPlaces } from "../places.ts";
import type { HostSystem } from "../system.ts";
import { ownFile, ownFolder, readNames, type OwnPlace } from "../trust/own-place.ts";
import { systemFaults } from "../trust/system-paths.ts";
import { Ledger } from "./ledger.ts";
import { readRegularFile, readTextFile } from "../../lib/regular-file.ts";

const MAX_RECORD_BYTES = 32 * 1024 * 1024;
const PLAN = "plan.json";
const LEDGER = "enrolled.json";
const APPLY_COUNTER = "generation";

/** Reads and writes the record of one fleet: last plan, ledger, apply counter and pause markers. */
export class FleetRecord {
  readonly #system: HostSystem;
  readonly #folder: string;

  constructor(system: HostSystem, fleet: string) {
    this.#system = system;
    this.#folder = join(hostPlaces(system).fleets, fleet);
  }

  /**
   * Returns the plan of the last apply, whether or not that apply has finished; undefined before the first apply.
   * @throws {ExpectedError} when the recorded plan is damaged, or somebody else than root can change it
   */
  async plan(): Promise<HostPlan | undefined> {
    const path = join(this.#folder, PLAN);
    const [fault] = await systemFaults(this.#system, [path]);
    if (fault !== undefined) {
      throw new ExpectedError(
        `${path} is not used, because ${fault.path} ${fault.why}: root believes only what root alone can write. Run \`pulumi up\`.`,
      );
    }
    const text = await readTextFile(path, MAX_RECORD_BYTES);
    return text === undefined ? undefined : parsePlan(text, path);
  }

  /** Returns {@link plan}, and undefined for a damaged one. */
  async planUnlessDamaged(): Promise<HostPlan | undefined> {
    try {
      return await this.plan();
    } catch (error) {
      if (error instanceof ExpectedError) return undefined;
      throw error;
    }
  }

  async writePlan(plan: HostPlan): Promise<void> {
    await this.#write(PLAN, `${JSON.stringify(plan, null, 2)}\n`, 0o644);
  }

  /** Reads the ledger. @throws {ExpectedError} when it is damaged */
  async ledger(): Promise<Ledger> {
    const path = join(this.#folder, LEDGER);
    const text = await readTextFile(path, MAX_RECORD_BYTES);
    return new Ledger(text, path, (content) => this.#write(LEDGER, content, 0o600));
  }

  /** Returns the absolute path of the file that holds the apply counter. */
  get applyCounterFile(): string {
    return join(this.#folder, APPLY_COUNTER);
  }

  /** Returns how often this fleet applied here; 0 before the first apply. */
  async applyCounter(): Promise<number> {
    const text = (await readTextFile(this.applyCounterFile, 100))?.trim() ?? "0";
    const count = Number(text);
    return Number.isSafeInteger(count) && count >= 0 ? count : 0;
  }

  async writeApplyCounter(count: number): Promise<void> {
    await this.#write(APPLY_COUNTER, `${count}\n`, 0o644);
  }

  /** Returns whether a pause marker of `user` exists on this host. */
  async paused(user: string): Promise<boolean> {
    return (await this.pauseMarker(user)) !== undefined;
  }

  /** Returns the user's pause marker; undefined when the user is not paused. A marker made by hand has no name. */
  async pauseMarker(user: string): Promise<PauseMarker | undefined> {
    const reading = await readRegularFile(this.#pausePath(user), 10_000);
    if (reading.kind === "missing") return undefined;
    const unnamed = { by: "somebody on the host", at: "", reason: "" };
    if (reading.kind !== "file") return unnamed;
    try {
      return pauseMarker.parse(JSON.parse(reading.content.toString("utf8")));
    } catch {
      return unnamed;
    }
  }

  async writePauseMarker(user: string, marker: PauseMarker): Promise<void> {
    await this.#write(join(PAUSE_FOLDER, user), `${JSON.stringify(marker)}\n`, 0o644);
  }

  async removePauseMarker(user: string): Promise<void> {
    await rm(this.#pausePath(user), { force: true });
  }

  #pausePath(user: string): string {
    return join(this.#folder, PAUSE_FOLDER, user);
  }

  /** Returns the places of the record's folders and files. Some may not exist. */
  async places(): Promise<readonly OwnPlace[]> {
    const pause = join(this.#folder, PAUSE_FOLDER);
    const kept = (path: string, mode: number) => ownFile(path, mode, "kept");
    return [
      ...[this.#folder, pause].map((path) => ({ ...ownFolder(path), content: "kept" as const })),
      kept(join(this.#folder, PLAN), 0o644),
      kept(this.applyCounterFile, 0o644),
      kept(join(this.#folder, LEDGER), 0o600),
      ...(await readNames(pause)).map((user) => kept(join(pause, user), 0o644)),
    ];
  }

  /** Removes the record with all pause markers. Removes the folder of all fleets, too, when no other fleet is left. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await removeEmptyFolder(hostPlaces(this.#system).fleets);
  }

  async #write(name: string, content: string, mode: number): Promise<void> {
    const path = join(this.#folder, name);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      await writeFileAtomic(path, content, { mode, owner: this.#system.owner });
    } catch (error) {
      throw new ExpectedError(
        `${path} cannot be written (${errorCode(error)}); repair that file system or free space on it, then run \`pulumi up\` again.`,
        { cause: error },
      );
    }
  }
}

/** Returns the recorded plans of all other fleets on this host. */
export async function otherPlans(system: HostSystem, fleet: string): Promise<readonly HostPlan[]> {
  const plans: HostPlan[] = [];
  for (const name of await fleetNames(system)) {
    const plan = name === fleet ? undefined : await new FleetRecord(system, name).plan();
    if (plan) plans.push(plan);
  }
  return plans;
}

/** Returns the names of the fleets that have a record on this host. */
export async function fleetNames(system: HostSystem): Promise<readonly string[]> {
  try {
    const entries = await readdir(hostPlaces(system).fleets, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
