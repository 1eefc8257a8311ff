/** A token host that is reached by ssh, with its engine there: the same gate and proof as on the operator's machine. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { expectSuccess, preview, up } from "../support/environment/pulumi.ts";
import { expectRolledOut } from "../support/environment/rollout.ts";
import { FILE, openTokenHostFleet, type TokenHostFleet } from "../support/environment/token-host-fleet.ts";

let environment: DevEnvironment;
let fleet: TokenHostFleet;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  fleet = await openTokenHostFleet(environment);
});

afterAll(() => fleet.close());

it("proves the token itself, and has its containers made there, which read it there", async () => {
  const token = await fleet.putNewToken();
  const asked = await environment.anthropic.requests();
  expectSuccess(await up(environment, fleet.options));
  await expectRolledOut(environment, token, fleet.services, FILE);
  const calls = (await environment.anthropic.requests(asked.at(-1)?.n ?? 0)).filter(
    ({ credential }) => credential?.sha256 === token.tokenSha256,
  );
  // Not from this machine, which would have come by loopback.
  expect(calls.map(({ listener, path, status }) => `${listener} ${path} ${status}`)).toContain(
    "containers /v1/messages 200",
  );
  expectSuccess(await preview(environment, { ...fleet.options, args: ["--expect-no-changes"] }));
});
