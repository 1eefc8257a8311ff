/** `npm run bench [NAME…] [--json]`: measures, and asserts nothing; the machine decides how fast it is. */
import { benchAgent } from "./agent.ts";
import { benchScale } from "./scale.ts";
import { benchUnchanged, benchUp } from "./up.ts";
import { table, type Result } from "./result.ts";
import { benchRollout } from "./rollout.ts";
import { benchRotate } from "./rotate.ts";

/** Takes most of an hour, so that it runs only where it is named. */
const LONG = "scale-1000";

/** All benchmarks by name. `up` takes the environment down first, so it comes last. */
const benchmarks: Readonly<Record<string, (say: (line: string) => void) => Promise<readonly Result[]>>> = {
  unchanged: benchUnchanged,
  rollout: benchRollout,
  rotate: benchRotate,
  scale: (say) => benchScale(say, [1, 10, 100]),
  "scale-1000": (say) => benchScale(say, [100, 1000]),
  agent: benchAgent,
  up: benchUp,
};

/**
 * Runs the named benchmarks, or all but the long one.
 * @throws Error for a name that there is not
 */
export async function bench(names: readonly string[], json: boolean): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name));
  if (unknown.length > 0) {
    throw new Error(
      `There is no benchmark ${unknown.join(", ")}; there are ${Object.keys(benchmarks).join(", ")}.`,
    );
  }
  const list: Result[] = [];
  for (const [name, run] of Object.entries(benchmarks)) {
    if (names.length > 0 ? !names.includes(name) : name === LONG) continue;
    list.push(...(await run((line) => process.stderr.write(`${name}: ${line}\n`))));
  }
  process.stdout.write(json ? `${JSON.stringify(list, undefined, 2)}\n` : `${table(list)}\n`);
}
