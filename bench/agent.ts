/** `npm run bench agent`: one run of the agent beside a shell script of the same steps, and how soon a new login is in Vault. */
import { rm } from "node:fs/promises";
import { findProgram } from "../dev/find-program.ts";
import { devEnvironment, type DevEnvironment } from "../dev/environment.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { lastLine, makeHome, nextLogin, putLogin, type BenchHome } from "./agent/home.ts";
import { benchStored } from "./agent/stored.ts";
import { keepingEntry } from "./agent/entry.ts";
import { measure, type Measurement } from "./measure.ts";
import { figure, results, type Result } from "./result.ts";

const ROUNDS = 20;
const SAMPLE_MS = 10;

/** Both in turn, in the same home, with a CLI that answers at once. */
export async function benchAgent(say: (line: string) => void): Promise<readonly Result[]> {
  if (findProgram("jq") === undefined)
    throw new ExpectedError("The shell version needs jq: install it, as by `apt-get install jq`.");
  const environment = await devEnvironment();
  return keepingEntry(environment, async () => [
    ...(await benchRuns(environment, say)),
    ...(await benchStored(environment, say)),
  ]);
}

async function benchRuns(
  environment: DevEnvironment,
  say: (line: string) => void,
): Promise<readonly Result[]> {
  const bench = await makeHome(environment);
  const signInEnds = Date.now() + 30 * 86_400_000;
  try {
    await putLogin(bench.home, nextLogin(signInEnds));
    await once(bench, bench.agent, "written");
    const list: Result[] = [];
    for (const backup of ["unchanged", "written"] as const) {
      say(`a login that is ${backup}, ${ROUNDS} rounds`);
      const ours: Measurement[] = [];
      const baseline: Measurement[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        for (const [runs, argv] of [
          [ours, bench.agent],
          [baseline, bench.baseline],
        ] as const) {
          if (backup === "written") await putLogin(bench.home, nextLogin(signInEnds));
          runs.push(await once(bench, argv, backup));
        }
      }
      list.push(...compared(`agent run, login ${backup}`, ours, baseline));
    }
    return list;
  } finally {
    await rm(bench.home, { recursive: true, force: true });
  }
}

function compared(
  name: string,
  ours: readonly Measurement[],
  baseline: readonly Measurement[],
): readonly Result[] {
  const cpu = (runs: readonly Measurement[]) => runs.map(({ cpuSeconds }) => cpuSeconds);
  return [...results(name, ours, baseline), figure(`${name}, CPU`, "s", cpu(ours), cpu(baseline))];
}

/** @throws Error when it did not do what is measured */
async function once(
  { home, env }: BenchHome,
  argv: readonly [string, ...string[]],
  backup: string,
): Promise<Measurement> {
  const measured = await measure(argv, { cwd: home, env, sampleMs: SAMPLE_MS });
  const line = await lastLine(home);
  if (!/\bOK\b/.test(line) || !line.includes(`backup=${backup}`))
    throw new Error(`Not what is measured: ${line}`);
  return measured;
}
