/** Everything that runs on a Node which others bring runs on the newest one, too: unit tests, operator's command, host, agent. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { NEWEST_NODE, nodeBinary } from "../../dev/binaries.ts";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { STACK } from "../../dev/stack.ts";
import { nodePath, programLinks } from "../../dev/workstation.ts";
import { collect, figureOf } from "../e2e/support/figures.ts";
import { renewAfresh } from "../e2e/support/operator.ts";
import { expectSuccess, restoreStack, shellVariables, up } from "../e2e/support/pulumi.ts";
import { run } from "../e2e/support/run.ts";
import { onWorkstation, runService } from "../e2e/support/workstation.ts";

let environment: DevEnvironment;
let node: string;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  node = await nodeBinary(() => undefined, NEWEST_NODE);
});

afterAll(async () => {
  await onWorkstation(environment, `${programLinks} && rm -r ${PROGRAMS}`);
  await restoreStack(environment);
});

const PROGRAMS = "/usr/local/lib/claude-fleet";
const report = z.object({ numPassedTests: z.number(), numFailedTests: z.number() });

it("runs the unit tests", async () => {
  const folder = await mkdtemp(join(tmpdir(), "claude-fleet-node-"));
  const file = join(folder, "report.json");
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "unit"];
  const ended = await run(node, [...vitest, "--reporter=json", `--outputFile.json=${file}`], {
    cwd: checkout.root,
    env: shellVariables(environment),
  });
  expect(ended.code, ended.output).toBe(0);
  const counts = report.parse(JSON.parse(await readFile(file, "utf8")));
  await rm(folder, { recursive: true });
  expect(counts.numFailedTests).toBe(0);
  expect(counts.numPassedTests).toBeGreaterThan(1000);
});

it("runs the operator's command", async () => {
  await renewAfresh(environment, "alice");
  const ended = await run(node, ["dist/claude-fleet.mjs", "check", "alice", "--stack", STACK], {
    cwd: checkout.root,
    env: shellVariables(environment),
  });
  expect(ended.code, ended.output).toBe(0);
});

it("runs host program and agent, which an up installs for it", async () => {
  await onWorkstation(
    environment,
    `ln -sfn ${nodePath(NEWEST_NODE)} /usr/local/bin/node && rm -r ${PROGRAMS}`,
  );
  expectSuccess(await up(environment));
  const commands = `cat ${PROGRAMS}/current/claude-auth-sync ${PROGRAMS}/current/claude-fleet-host`;
  const installed = await onWorkstation(environment, commands);
  expect(installed.split(nodePath(NEWEST_NODE))).toHaveLength(3);
  const ran = await runService(environment, "alice");
  expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
  await onWorkstation(environment, "systemctl start claude-fleet-assert.service");
  expect((await collect(environment)).get(figureOf("exit_code", "alice"))).toBe(0);
});
