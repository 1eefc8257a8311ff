/** Enrolments with a fault. The next apply succeeds, and no unowned token lives. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Blow } from "../support/enrolment/injection.ts";
import { Workshop, type Desk, type Life, type Scene } from "../support/enrolment/workshop.ts";

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop?.close());

/** Runs an enrolment with a fault at the first step of this name. */
async function injectAt(
  blow: Blow,
  name: string,
  scene: Scene = "wrong token",
): Promise<{ readonly desk: Desk; readonly life: Life }> {
  const desk = await workshop.deskFor(scene);
  const life = await desk.live({ blow, step: await workshop.stepOf(scene, name) });
  expect(life.code, life.said).not.toBe(0);
  return { desk, life };
}

// The most important moments. `test/full` has every step.
it.each([
  ["the user's process writes the token's accessor", "user: create .vault-accessor.*.tmp"],
  ["it unwraps the token", "user: ask /v1/sys/wrapping/unwrap"],
  ["the token file is in its place", "user: rename vault-token"],
  ["the apply counter is written", "host: rename generation"],
])("the host dies before %s", async (_, name) => {
  const { desk } = await injectAt("machine", name);
  await desk.expectRecovery(name);
});

it("the operator dies, and the host finishes the enrolment", async () => {
  const { desk } = await injectAt("operator", "user: ask /v1/sys/wrapping/unwrap");
  await desk.expectRecovery("operator");
});

it("a full disk is reported when the token cannot be written, and the token is revoked", async () => {
  const { desk, life } = await injectAt("disk", "user: create .vault-token.*.tmp");
  expect(life.said).toMatch(/the new token could not be stored in \S+: ENOSPC/);
  await desk.expectRecovery("disk");
});

it("a wrapping token that a third party has unwrapped is reported, and the token in it is revoked", async () => {
  const desk = await workshop.deskFor("first");
  const life = await desk.live({ blow: "thief", step: 0 });
  expect(life.code, life.said).toBe(1);
  expect(life.said).toMatch(
    /had been unwrapped before it arrived.*Look for sys\/wrapping\/unwrap in Vault's audit log/,
  );
  const stolen = await readFile(desk.stolen, "utf8");
  const asked = await workshop.bao.ask(stolen, { method: "GET", path: "auth/token/lookup-self" });
  expect(asked.status).toBe(403);
  await desk.expectRecovery("thief");
});

describe("a token that is older than the settings allow", () => {
  it("is replaced and revoked, and a younger token is kept", async () => {
    const desk = await workshop.deskFor("old token");
    const [former] = await desk.alive();
    const life = await desk.live();
    expect(life.result?.users[0], life.said).toMatchObject({ token: "re-enrolled" });
    expect(await desk.alive()).not.toContain(former);
    await desk.expectInOrder("rotated");
    desk.want({ rotateTokensAfterSeconds: 30 * 86_400 });
    expect((await desk.live()).result?.users[0]).toMatchObject({ token: "kept" });
    await desk.clear();
  });

  it.each(["user: ask /v1/sys/wrapping/unwrap", "user: rename vault-token", "host: rename generation"])(
    "leaves its user with a living token when the host dies before %s",
    async (name) => {
      const { desk } = await injectAt("machine", name, "old token");
      expect(await desk.held()).toBeDefined();
      await desk.expectRecovery(name);
    },
  );
});

describe("tokens that are bound to networks", () => {
  /** Enrols a user with an unbound token. Then role and settings ask for these networks. */
  async function bind(networks: readonly string[]): Promise<Desk> {
    await workshop.bindRole([]);
    const desk = await workshop.deskFor("first");
    expect((await desk.live()).code).toBe(0);
    await workshop.bindRole(networks);
    desk.want({ tokenBoundCidrs: networks });
    return desk;
  }
  afterAll(() => workshop.bindRole([]));

  it("replace an unbound token, and have the networks of the settings", async () => {
    const networks = ["127.0.0.1", "192.0.2.0/24", "2001:db8::/32"];
    const desk = await bind(networks);
    const [former] = await desk.alive();
    const life = await desk.live();
    expect(life.result?.users[0], life.said).toMatchObject({ token: "re-enrolled" });
    expect((await desk.held())?.bound_cidrs).toEqual(networks);
    expect(await desk.alive()).not.toContain(former);
    await desk.expectInOrder("bound");
    expect((await desk.live()).result?.users[0]).toMatchObject({ token: "kept" });
    await desk.clear();
  });

  it("are refused from an address outside of the networks", async () => {
    const desk = await bind(["127.0.0.1"]);
    expect((await desk.live()).code).toBe(0);
    expect(await desk.statusFrom("127.0.0.1")).toBe(200);
    expect(await desk.statusFrom("127.0.0.2")).toBe(403);
    await desk.clear();
  });

  it("do not lock a host out that is outside of them: that is reported, and the former token stays alive", async () => {
    const desk = await bind(["192.0.2.0/24"]);
    const [former] = await desk.alive();
    const life = await desk.live();
    expect(life.code).toBe(1);
    expect(life.said).toMatch(
      /keeps the Vault token that is to be replaced \(it is bound to no network instead of 192\.0\.2\.0\/24\): the new token is refused here: it is bound to 192\.0\.2\.0\/24, and this host sends its requests to Vault at \S+ from 127\.0\.0\.1\. .* claude-fleet:vault\.tokenBoundCidrs/,
    );
    expect(await desk.alive()).toEqual([former]);
    expect(await desk.held()).toMatchObject({ accessor: former });
    await desk.expectInOrder("outside");

    await workshop.bindRole(["127.0.0.0/8"]);
    desk.want({ tokenBoundCidrs: ["127.0.0.0/8"] });
    await desk.expectRecovery("corrected");
  });
});
