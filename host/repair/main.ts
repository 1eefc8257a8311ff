/** `claude-fleet-host assert`: the hourly repair, which the host's own timer runs. */
import { problemsOf } from "../../lib/expected-error.ts";
import { realSystem } from "../real-system.ts";
import { programSource } from "../running-program.ts";
import { recordRepair } from "./last-repair.ts";
import { repairHost } from "./repair-host.ts";

/** Repairs the host once and writes one line for each thing to the journal. @returns the exit code: 1 when something could not be repaired */
export async function repairMain(): Promise<number> {
  process.umask(0o022);
  try {
    const system = realSystem(await programSource());
    const lock = await system.lock();
    if (lock === undefined) {
      say("nothing was repaired: another change of this host is under way");
      return 0;
    }
    try {
      const { repaired, problems } = await repairHost(system);
      for (const what of repaired) say(`repaired: ${what}`);
      complain(problems);
      await recordRepair(system, new Date(), { repaired, problems });
      say(`${repaired.length} repaired, ${problems.length} not repaired`);
      return problems.length === 0 ? 0 : 1;
    } finally {
      await lock.release();
    }
  } catch (error) {
    complain(problemsOf(error));
    return 1;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(problems: readonly string[]): void {
  for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
}
