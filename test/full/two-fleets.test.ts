/**
 * Two fleets on one Vault, one Docker engine and one workstation: each is changed, and the other is untouched. The second
 * one's Vault is as another team runs it: a namespace and a mount of its own, behind its own CA.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { STACK } from "../../dev/stack.ts";
import { renewAfresh } from "../support/environment/operator.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import { settingsWith } from "../support/environment/roster.ts";
import { firstFleet, SECOND, SecondFleet } from "../support/environment/second-fleet.ts";
import { onWorkstation } from "../support/environment/workstation.ts";

let environment: DevEnvironment;
let second: SecondFleet;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  await renewAfresh(environment, "alice");
  second = await SecondFleet.open(environment);
  await second.putNewToken();
  expectSuccess(await second.apply());
});

afterAll(async () => {
  await second.close();
  await restoreStack(environment);
});

describe("a second fleet", () => {
  it("may not have what the first has: a preview says so, an up fails there, and the user stays", async () => {
    const both = {
      ...second.roster,
      users: { ...second.roster.users, alice: { workstation: "devvm", email: "alice@example.com" } },
    };
    const before = await firstFleet(environment);
    const why = `alice is enrolled by the fleet "${STACK}" on this host; remove the user from one of the two`;
    const seen = await preview(environment, await second.options(both));
    expect(seen.code, seen.output).not.toBe(0);
    expect(seen.output).toContain(why);
    const ended = await second.apply(both);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.output).toContain(why);
    expect(await firstFleet(environment)).toEqual(before);
    expectSuccess(await second.apply());
  });

  it("may not have the first's names in Vault", async () => {
    const { configFile } = await second.options();
    const text = await readFile(configFile, "utf8");
    expect(text).toContain(`claude-fleet:fleet: ${SECOND}`);
    const named = await settingsWith(second.roster, { fleet: STACK, tokens: {} });
    const seen = await preview(environment, { stack: SECOND, configFile: named });
    expect(seen.code, seen.output).not.toBe(0);
    expect(seen.output).toContain(`the token role "claude-${STACK}" belongs to the stack`);
  });

  it("rolls out a new token to its own container alone", async () => {
    const before = await firstFleet(environment);
    const former = await second.container();
    const token = await second.putNewToken();
    expectSuccess(await second.apply());
    expect(await second.container()).toMatchObject({ sha256: token.sha256, running: true });
    expect((await second.container()).Id).not.toBe(former.Id);
    expect(await firstFleet(environment)).toEqual(before);
  });

  it("is left alone when the first changes", async () => {
    const { Id } = await second.container();
    const generation = "cat /etc/claude-fleet/second/generation";
    const before = await onWorkstation(environment, generation);
    await onWorkstation(environment, "rm ~alice/.config/claude-auth-sync/vault-token");
    expectSuccess(await up(environment));
    expect((await second.container()).Id).toBe(Id);
    expect(await onWorkstation(environment, generation)).toBe(before);
    expectSuccess(await preview(environment, { ...(await second.options()), args: ["--expect-no-changes"] }));
  });
});
