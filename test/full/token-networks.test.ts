/** Users' tokens that are bound to networks, on a real workstation: replaced when the setting comes, changes and goes. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { differencesIn, RENEWED } from "../support/drift/world.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import { committedRoster, committedSetting, settingsWith } from "../support/environment/roster.ts";
import { ROLE, statusOfToken } from "../support/environment/vault.ts";
import { awaitRest, runService, vaultTokenOf } from "../support/environment/workstation.ts";

/** A network for documentation (RFC 5737): no host is there. */
const ELSEWHERE = "192.0.2.0/24";

let environment: DevEnvironment;
/** The address of the workstation in its network, by which Vault sees it. */
let address: string;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  const { NetworkSettings } = await environment.docker
    .getContainer(environment.workstationContainer)
    .inspect();
  address = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? "";
  for (const user of RENEWED) await awaitRest(environment, user);
});

afterAll(() => restoreStack(environment));

/** Settings that bind tokens to these networks. */
async function bound(...tokenBoundCidrs: readonly string[]) {
  const vault = { ...(await committedSetting("vault")), tokenBoundCidrs };
  return { configFile: await settingsWith(await committedRoster(), { vault }) };
}

const tokens = () => Promise.all(RENEWED.map((user) => vaultTokenOf(environment, user)));

/** The lines of a review about one change of the networks. */
const named = (from: string, to: string) => [
  `Vault: token role ${ROLE}: binds tokens to: ${from === "no network" ? "none" : from} instead of ${to === "no network" ? "none" : to}`,
  ...RENEWED.map(
    (user) =>
      `workstation devvm: user ${user}: the Vault token must be replaced: it is bound to ${from} instead of ${to}`,
  ),
];

it("are named by a review, and replaced by an up that leaves no user without a token", async () => {
  const former = await tokens();
  const options = await bound(address);
  const seen = await preview(environment, { ...options, args: ["--expect-no-changes"] });
  expect(differencesIn(seen), seen.output).toEqual(expect.arrayContaining(named("no network", address)));
  expectSuccess(await up(environment, options));
  for (const token of former) expect(await statusOfToken(environment, token ?? "")).toBe(403);
  for (const token of await tokens()) expect(former).not.toContain(token);
  expectSuccess(await preview(environment, { ...options, args: ["--expect-no-changes"] }));
});

it("serve their users on the workstation, and no process on this machine", async () => {
  const ran = await runService(environment, "alice");
  expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
  const [token = ""] = await tokens();
  expect(await statusOfToken(environment, token)).toBe(403);
});

it("are kept when the networks leave the workstation out, which a review says before and an up again", async () => {
  const former = await tokens();
  const options = await bound(ELSEWHERE);
  const seen = await preview(environment, options);
  expect(seen.output).toContain(
    `workstation devvm: its requests to Vault come from ${address}, which is outside of claude-fleet:vault.tokenBoundCidrs (${ELSEWHERE})`,
  );
  const ended = await up(environment, options);
  expect(ended.code, ended.output).not.toBe(0);
  for (const user of RENEWED)
    expect(ended.output).toContain(`${user} keeps the Vault token that is to be replaced (it is bound to`);
  expect(await tokens()).toEqual(former);
  const ran = await runService(environment, "alice");
  expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
});

it("are bound to nothing again without the setting, and nothing is left to do", async () => {
  const seen = await preview(environment, { args: ["--expect-no-changes"] });
  expect(differencesIn(seen), seen.output).toEqual(
    expect.arrayContaining(named(address, "no network").slice(1)),
  );
  expectSuccess(await up(environment));
  const [token = ""] = await tokens();
  expect(await statusOfToken(environment, token)).toBe(200);
  expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
});
