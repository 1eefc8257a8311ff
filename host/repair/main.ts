/** `claude-fleet-host assert`: what the host's own timer runs every hour. */
import { problemsOf } from "../../lib/expected-error.ts";
import { programSource } from "../running-program.ts";
import { realSystem } from "../real-system.ts";
import { reassert } from "./repair-host.ts";
import { noteReassertion } from "./last-repair.ts";

/** Mends once, and says what; a line each for the journal. @returns the exit code: 1 when something could not be mended */
export async function assertMain(): Promise<number> {
  process.umask(0o022);
  try {
    const system = realSystem(await programSource());
    const lock = await system.lock();
    if (lock === undefined) {
      say("left alone: another change of this host is under way");
      return 0;
    }
    try {
      const { mended, problems } = await reassert(system);
      for (const what of mended) say(`mended: ${what}`);
      complain(problems);
      await noteReassertion(system, new Date(), { mended, problems });
      say(`${mended.length} mended, ${problems.length} not`);
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
