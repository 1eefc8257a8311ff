/** The unit tests on the newest Node. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as z from "zod";
import { NEWEST_NODE, nodeBinary } from "../../dev/pinned-programs.ts";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment } from "../../dev/environment.ts";
import { shellVariables } from "../support/environment/pulumi.ts";
import { run } from "../support/environment/run.ts";

const report = z.object({ numPassedTests: z.number(), numFailedTests: z.number() });

it("runs them", async () => {
  const node = await nodeBinary(() => undefined, NEWEST_NODE);
  const folder = await mkdtemp(join(tmpdir(), "claude-fleet-node-"));
  const file = join(folder, "report.json");
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "unit"];
  const ended = await run(node, [...vitest, "--reporter=json", `--outputFile.json=${file}`], {
    cwd: checkout.root,
    env: shellVariables(await devEnvironment()),
  });
  expect(ended.code, ended.output).toBe(0);
  const counts = report.parse(JSON.parse(await readFile(file, "utf8")));
  await rm(folder, { recursive: true });
  expect(counts.numFailedTests).toBe(0);
  expect(counts.numPassedTests).toBeGreaterThan(1000);
});
