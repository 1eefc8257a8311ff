/** A workstation that loses its Node goes on by the program's own, and none of it is a difference when Node is back. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { programLinks } from "../../dev/workstation.ts";
import { OWN_NODE_FILE } from "../../lib/own-node.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import { onWorkstation, runService } from "../support/environment/workstation.ts";

const PROGRAMS = "/usr/local/lib/claude-fleet";
const OWN = `${PROGRAMS}/current/${OWN_NODE_FILE}`;

let environment: DevEnvironment;
const root = (shell: string) => onWorkstation(environment, shell);

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
});

afterAll(async () => {
  await root(`${programLinks} && rm -r ${PROGRAMS}`);
  await restoreStack(environment);
});

it("is observed without Node, and nothing of what that took is left", async () => {
  await root("rm /usr/local/bin/node");
  const before = await root(`find /dev/shm /tmp /var/tmp /usr/local -path '*claude-fleet*' | sort`);
  const seen = await preview(environment);
  expectSuccess(seen);
  expect(seen.output).toContain(
    "program: is missing or altered; there is no Node 20 or newer, so the program comes with its own",
  );
  expect(await root(`find /dev/shm /tmp /var/tmp /usr/local -path '*claude-fleet*' | sort`)).toBe(before);
});

it("is applied, and its agent and its own units run by the program's Node", async () => {
  expectSuccess(await up(environment));
  expect(await root(`stat -c '%a %U' ${OWN}`)).toBe("755 root\n");
  const starts = `grep -c "^exec '.*/${OWN_NODE_FILE}'" ${PROGRAMS}/current/claude-*-sync ${PROGRAMS}/current/claude-fleet-host`;
  expect((await root(starts)).match(/:1$/gm)).toHaveLength(2);
  const ran = await runService(environment, "alice");
  expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
  await root("systemctl start claude-fleet-assert.service claude-fleet-collect.service");
  expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
});

it("is the same when Node is back", async () => {
  await root(programLinks);
  expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
});
