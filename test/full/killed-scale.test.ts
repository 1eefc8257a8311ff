/** A `pulumi up` of two hundred users that is killed again and again: the documented line is all that it needs. */
import fc from "fast-check";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { openScaleStack, WITHOUT_CHECKPOINTS, type ScaleStack } from "../../bench/scale/stack.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { interrupt } from "../support/environment/interrupted.ts";
import { shellVariables } from "../support/environment/pulumi.ts";
import { printed } from "../support/environment/run.ts";
import { asAdmin } from "../support/environment/vault.ts";
import { typeTheLineForAKilledPulumi } from "../support/environment/documented-line.ts";

const USERS = 200;
/** How many users have their policy when the kill comes; another seed draws others. */
const SEED = 1;
const KILLS = fc.sample(fc.integer({ min: 1, max: USERS - 10 }), { seed: SEED, numRuns: 2 });

const keys = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const deployment = z.object({
  deployment: z.object({
    pending_operations: z.array(z.unknown()).optional(),
    resources: z.array(z.object({ type: z.string() })).optional(),
  }),
});

let environment: DevEnvironment;
let stack: ScaleStack;

beforeAll(async () => {
  environment = await devEnvironment();
  stack = await openScaleStack(environment, USERS, shellVariables(environment));
  return async () => {
    try {
      await pulumi("destroy", "--yes", "--skip-preview");
    } finally {
      await stack.close();
    }
  };
});

const pulumi = (...args: readonly string[]) =>
  printed("npx", ["pulumi", ...args, "--non-interactive"], stack);

async function policies(): Promise<number> {
  const wanted = new Set(stack.plan.users.map(({ policy }) => policy));
  const { data } = await asAdmin(environment, { method: "LIST", path: "sys/policies/acl" }, keys);
  return data.keys.filter((name) => wanted.has(name)).length;
}

it.each(KILLS)(
  "killed once %i users have their policies, it goes on and leaves nothing to repair",
  async (enough) => {
    await killedOnce(enough, {});
    expect(await recordedPolicies()).toBeGreaterThan(0);
    await expectTheLineToRecover();
  },
);

it("killed amid its work without checkpoints, it has forgotten all that it made, and makes it again", async () => {
  await killedOnce(USERS / 2, WITHOUT_CHECKPOINTS);
  expect(await recordedPolicies()).toBe(0);
  await expectTheLineToRecover();
});

async function killedOnce(enough: number, variables: Readonly<Record<string, string>>): Promise<void> {
  const killed = await interrupt({
    ...stack,
    env: { ...stack.env, ...variables },
    signal: "SIGKILL",
    moment: async () => (await policies()) >= enough,
  });
  expect(killed.code).toBeNull();
  expect(await policies()).toBeGreaterThanOrEqual(enough);
}

async function expectTheLineToRecover(): Promise<void> {
  await typeTheLineForAKilledPulumi(stack.cwd, stack.env);
  expect((await state()).pending_operations ?? []).toEqual([]);
  expect(await recordedPolicies()).toBe(USERS);
  expect(await policies()).toBe(USERS);
  expect(lockFiles()).toEqual([]);
  await pulumi("preview", "--expect-no-changes");
  await pulumi("destroy", "--yes", "--skip-preview");
  expect(await policies()).toBe(0);
}

async function state() {
  return deployment.parse(JSON.parse(await pulumi("stack", "export"))).deployment;
}

async function recordedPolicies(): Promise<number> {
  return ((await state()).resources ?? []).filter(({ type }) => type === "vault:index/policy:Policy").length;
}

function lockFiles(): readonly string[] {
  const folder = join(stack.folder, ".pulumi/locks");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}
