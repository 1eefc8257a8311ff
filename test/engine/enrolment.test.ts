/** An enrolment under fire: whatever befalls it, the next apply ends right, and no token lives that nobody owns. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Blow } from "../enrolment/injection.ts";
import { Workshop, type Desk, type Life } from "../enrolment/workshop.ts";

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop?.close());

/** An enrolment that something befalls at the first step of this name. */
async function befall(blow: Blow, name: string): Promise<{ readonly desk: Desk; readonly life: Life }> {
  const desk = await workshop.deskFor("wrong token");
  const life = await desk.live({ blow, step: await workshop.stepOf("wrong token", name) });
  expect(life.code, life.said).not.toBe(0);
  return { desk, life };
}

// The moments that matter most; `test/full` has every one.
it.each([
  ["the user's process has the token's accessor on the disk", "user: create .vault-accessor.*.tmp"],
  ["it unwraps", "user: ask /v1/sys/wrapping/unwrap"],
  ["the token's file is in its place", "user: rename vault-token"],
  ["the count of applies is written", "host: rename generation"],
])("the host dies before %s", async (_, name) => {
  const { desk } = await befall("machine", name);
  await desk.expectRecovery(name);
});

it("the operator dies, and the host finishes what it has begun", async () => {
  const { desk } = await befall("operator", "user: ask /v1/sys/wrapping/unwrap");
  await desk.expectRecovery("operator");
});

it("the disk is full when the token is to be written: that is said, and the token is revoked", async () => {
  const { desk, life } = await befall("disk", "user: create .vault-token.*.tmp");
  expect(life.said).toMatch(/the new token could not be stored in \S+: ENOSPC/);
  await desk.expectRecovery("disk");
});

it("a wrapping token that somebody unwraps on its way is noticed, and opens nothing", async () => {
  const desk = await workshop.deskFor("first");
  const life = await desk.live({ blow: "thief", step: 0 });
  expect(life.code, life.said).toBe(1);
  expect(life.said).toMatch(
    /had been unwrapped before it arrived.*look for sys\/wrapping\/unwrap in Vault's audit log/,
  );
  const stolen = await readFile(desk.stolen, "utf8");
  const asked = await workshop.bao.ask(stolen, { method: "GET", path: "auth/token/lookup-self" });
  expect(asked.status).toBe(403);
  await desk.expectRecovery("thief");
});
