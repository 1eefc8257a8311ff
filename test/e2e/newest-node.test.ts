/** What runs on a Node that others bring runs on the newest one, too: the operator's command, the host program, the agent. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { NEWEST_NODE, nodeBinary } from "../../dev/pinned-programs.ts";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { STACK } from "../../dev/stack.ts";
import { nodePath, programLinks } from "../../dev/workstation.ts";
import { collect, figureOf } from "../support/environment/figures.ts";
import { renewAfresh } from "../support/environment/operator.ts";
import { expectSuccess, restoreStack, shellVariables, up } from "../support/environment/pulumi.ts";
import { run } from "../support/environment/run.ts";
import { onWorkstation, runService } from "../support/environment/workstation.ts";

const PROGRAMS = "/usr/local/lib/claude-fleet";

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
  expect(installed.split(nodePath(NEWEST_NODE))).toHaveLength(5);
  const ran = await runService(environment, "alice");
  expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
  await onWorkstation(environment, "systemctl start claude-fleet-assert.service");
  expect((await collect(environment)).get(figureOf("exit_code", "alice"))).toBe(0);
});
