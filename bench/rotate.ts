/** `npm run bench rotate`: from a fresh credential to five verified services and the closed loop, by step. */
import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { checkout } from "../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../dev/environment.ts";
import { STACK } from "../dev/stack.ts";
import { command } from "../lib/process.ts";
import { STEP_NAMES } from "../plan/rotation/step-table.ts";
import { figure, type Result } from "./result.ts";

const RUNS = 3;

const stepDone = z.looseObject({
  event: z.literal("step"),
  step: z.string(),
  state: z.literal("done"),
  ms: z.number(),
});

/** Rotates a few times, as an operator with a token on standard input does. */
export async function benchRotate(say: (line: string) => void): Promise<readonly Result[]> {
  const environment = await devEnvironment();
  const state = await mkdtemp(path.join(checkout.folder, "bench-rotate-"));
  const runs: { readonly seconds: number; readonly steps: ReadonlyMap<string, number> }[] = [];
  try {
    for (let run = 1; run <= RUNS; run++) {
      say(`rotation ${run} of ${RUNS}`);
      const { claudeAiOauth } = await environment.anthropic.setupToken("platform@example.com");
      const begun = performance.now();
      const steps = await rotateOnce(environment, state, claudeAiOauth.accessToken);
      runs.push({ seconds: (performance.now() - begun) / 1000, steps });
    }
  } finally {
    await rm(state, { recursive: true, force: true });
  }
  return [
    figure(
      "from the fresh credential to the closed loop",
      "s",
      runs.map(({ seconds }) => seconds),
      [],
    ),
    ...STEP_NAMES.flatMap((name) => {
      const times = runs.flatMap(({ steps }) => steps.get(name) ?? []);
      return times.length === 0 ? [] : [figure(`step ${name}`, "s", times, [])];
    }),
  ];
}

/** @returns seconds by step */
async function rotateOnce(
  environment: DevEnvironment,
  state: string,
  token: string,
): Promise<ReadonlyMap<string, number>> {
  const args = ["rotate", "--source", "stdin", "--reason", "a benchmark", "--json", "--stack", STACK];
  const text = await command("node", ["dist/claude-fleet.mjs", ...args], {
    cwd: checkout.root,
    env: { ...process.env, ...environment.variables, XDG_STATE_HOME: state },
    input: token,
  });
  const events = text.split("\n").filter((line) => line !== "");
  return new Map(
    events.flatMap((line) => {
      const parsed = stepDone.safeParse(JSON.parse(line));
      return parsed.success ? [[parsed.data.step, parsed.data.ms / 1000] as const] : [];
    }),
  );
}
