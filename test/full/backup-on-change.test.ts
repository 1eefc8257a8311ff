// A login that is replaced again and again is in Vault each time, at whatever moment of the agent's work it happens.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { backup } from "../support/environment/vault.ts";
import { awaitRest, logIn } from "../support/environment/workstation.ts";

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

it.each(Array.from({ length: ROUNDS }, (_, round) => round * STEP_MS))(
  "is not missed %i ms after the one before it",
  async (gap) => {
    await logIn(environment, "alice");
    await sleep(gap);
    const token = await logIn(environment, "alice");
    await expect
      .poll(async () => String((await backup(environment, "alice"))?.data["claude_ai_oauth_json"]), WAIT)
      .toContain(token);
    await awaitRest(environment, "alice");
  },
);
