/** An engine that maps its containers' users: the token belongs to the number that the host gives to who reads it. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { serviceImage } from "../../dev/images.ts";
import { expectSuccess, preview, pulumi, removeStack, up } from "../support/environment/pulumi.ts";
import { committedToken, expectRolledOut } from "../support/environment/rollout.ts";
import { settingsWith } from "../support/environment/roster.ts";
import { putNewToken, type TokenFile } from "../support/environment/token-file.ts";
import { startMappedEngine, type MappedEngine } from "../support/environment/mapped-engine.ts";

const STACK = "mapped";
const FILE = join(checkout.folder, "e2e/mapped/auth.json");
const CONTAINER = "mapped-runner";
/** Of the image. */
const UID = 1000;

let engine: MappedEngine;
let environment: DevEnvironment;
let token: TokenFile;

beforeAll(async () => {
  engine = await startMappedEngine(await devEnvironment(), serviceImage);
  environment = engine.environment;
  await mkdir(dirname(FILE), { recursive: true, mode: 0o700 });
  token = await putNewToken(environment, { file: FILE });
  expectSuccess(await pulumi(environment, ["stack", "init", "--no-select"], { stack: STACK }));
});

afterAll(async () => {
  await pulumi(environment, ["destroy", "--yes"], { stack: STACK, configFile: await settings(UID) });
  await removeStack(environment, STACK);
  await engine.stop();
});

/** A fleet of one service. @param uid whom the token belongs to on the host */
async function settings(uid: number): Promise<string> {
  const { services, ...shared } = await committedToken();
  const service = { ...services[0], name: "runner", container: CONTAINER, uid, networks: [] };
  const { host, gate, rollout, driver } = shared as Readonly<Record<string, unknown>>;
  return settingsWith(
    { workstations: {}, users: {} },
    { fleet: STACK, tokens: { mapped: { host, gate, rollout, driver, file: FILE, services: [service] } } },
  );
}

const withUid = async (uid: number) => ({ stack: STACK, configFile: await settings(uid) });

it("is seen by a preview, which asks for the host's number", async () => {
  const ended = expectSuccess(await preview(environment, await withUid(UID)));
  expect(ended.output).toContain(
    "The engine maps its containers' users (user namespaces or rootless): `uid` of runner must be the number that this host gives to the container's user.",
  );
});

it("gets a token that its container reads, and nothing else does", async () => {
  const uid = engine.uidOnHost(UID);
  expectSuccess(await up(environment, await withUid(uid)));
  const { target } = (await committedToken()).services[0] as unknown as { target: string };
  await expectRolledOut(environment, token, [{ service: "runner", container: CONTAINER, target, uid }], FILE);
  expectSuccess(await preview(environment, { ...(await withUid(uid)), args: ["--expect-no-changes"] }));
});

it("has the number of the one that runs named by a preview", async () => {
  const ended = expectSuccess(await preview(environment, await withUid(UID)));
  expect(ended.output).toContain(
    `${CONTAINER} runs as uid ${engine.uidOnHost(UID)} of this host, and could not read a token that belongs to uid ${UID}; write \`uid: ${engine.uidOnHost(UID)}\` for the service runner.`,
  );
});
