/** `claude-fleet-host collect`: collects the metrics. The host's own timer runs it. */
import { problemsOf } from "../../lib/expected-error.ts";
import { programSource } from "../running-program.ts";
import { realSystem } from "../real-system.ts";
import { collect } from "./collect.ts";

/** Collects the metrics once. @returns the exit code */
export async function collectMain(): Promise<number> {
  process.umask(0o022);
  try {
    await collect(realSystem(await programSource()), new Date());
    return 0;
  } catch (error) {
    for (const problem of problemsOf(error)) process.stderr.write(`error: ${problem}\n`);
    return 1;
  }
}
