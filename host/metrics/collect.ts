/**
 * `claude-fleet-host collect`: renders one textfile with the metrics of all fleets' users on this host, and starts the runs of
 * users whose access tokens end soon. Does not ask Vault.
 */
import { mkdir } from "node:fs/promises";
import { problemsOf } from "../../lib/expected-error.ts";
import { realSystem } from "../real-system.ts";
import { programSource } from "../running-program.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { workstationSamples } from "../../plan/metrics/workstation-samples.ts";
import { textfile } from "../../plan/metrics/textfile.ts";
import { fleetNames } from "../workstation/fleet-record.ts";
import { lastRepair } from "../repair/last-repair.ts";
import { type HostSystem } from "../system.ts";
import { untrustedPaths } from "../trust/untrusted-paths.ts";
import { readUserMounts } from "../read-user-file.ts";
import { startDueRuns } from "../user-runs/start-due-runs.ts";
import { factsOf, openFleet } from "./user-facts.ts";
import { hostPlaces } from "../places.ts";

/** Collects the metrics once. The host's own timer runs it. @returns the exit code */
export async function collectMain(): Promise<number> {
  process.umask(0o022);
  try {
    const problems = await collect(realSystem(await programSource()), new Date());
    for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
    return 0;
  } catch (error) {
    for (const problem of problemsOf(error)) process.stderr.write(`error: ${problem}\n`);
    return 1;
  }
}

/**
 * Collects the metrics, writes the textfile and starts the runs that are due. A failure of one user or fleet does not stop the
 * others.
 * @returns which runs could not be started, and why
 * @throws when the file cannot be written
 */
export async function collect(system: HostSystem, now: Date): Promise<readonly string[]> {
  const begun = performance.now();
  // Undefined: the fleet record is damaged.
  const open = (name: string) => openFleet(system, name).catch(() => undefined);
  const fleets = await Promise.all((await fleetNames(system)).map(open));
  const mounts = await readUserMounts();
  const users = [];
  for (const fleet of fleets) if (fleet !== undefined) users.push(...(await factsOf(system, fleet, mounts)));
  const paths = await Promise.all(
    fleets.map(async (fleet) => fleet && untrustedPaths(system, fleet.plan, fleet.record)),
  );
  const damagedPlans = fleets.filter((fleet) => fleet === undefined).length;
  const text = textfile(
    workstationSamples({
      now: now.getTime(),
      users,
      damagedPlans,
      untrustedPaths: new Set(paths.flatMap((found) => found?.map(({ path }) => path) ?? [])).size,
      hourlyRepair: await lastRepair(system),
    }),
  );
  const { metrics, textfile: path } = hostPlaces(system);
  await mkdir(metrics, { recursive: true, mode: 0o755 });
  await writeFileAtomic(path, text, { mode: 0o644 });
  return startDueRuns(system, users, now.getTime(), begun);
}
