// A login that is replaced again and again is seen each time, at whatever moment of the agent's work it happens.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { backup } from "../e2e/support/vault.ts";
import { awaitRest, logIn, onWorkstation, placesOf, runService } from "../e2e/support/workstation.ts";

const ROUNDS = 24;
/** Milliseconds between two logins of a round grow by this: the second falls into another moment of the first's work. */
const STEP_MS = 150;
const WAIT = { timeout: 60_000, interval: 250 };

let environment: DevEnvironment;
beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  await awaitRest(environment, "alice");
});
afterAll(() => awaitRest(environment, "alice"));

const isStored = async (token: string) =>
  String((await backup(environment, "alice"))?.data["claude_ai_oauth_json"]).includes(token);
const log = () => onWorkstation(environment, `cat ${placesOf("alice").log}`);

it.each(Array.from({ length: ROUNDS }, (_, round) => round * STEP_MS))(
  "is not missed %i ms after the one before it",
  async (gap) => {
    await logIn(environment, "alice");
    await sleep(gap);
    const before = (await log()).length;
    const token = await logIn(environment, "alice");
    // One that comes while the former is proven has been proven by nobody yet, and is kept for the next run.
    const isHeld = async () => (await log()).slice(before).includes("backup=held");
    await expect.poll(async () => (await isStored(token)) || (await isHeld()), WAIT).toBe(true);
    await awaitRest(environment, "alice");
    if (!(await isStored(token))) await runService(environment, "alice");
    expect(await isStored(token)).toBe(true);
    await awaitRest(environment, "alice");
  },
);
