/** A token host whose engine runs without root, as its login's own. That login writes the approved copies without sudo. */
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { serviceImage } from "../../dev/images.ts";
import { expectSuccess, preview, pulumi, removeStack, up } from "../support/environment/pulumi.ts";
import { committedToken, expectRolledOut, replacedContainers } from "../support/environment/rollout.ts";
import { settingsWith } from "../support/environment/roster.ts";
import { LAB, LOGIN } from "../support/environment/second-host.ts";
import { putNewToken, type TokenFile } from "../support/environment/token-file.ts";
import { startRootlessEngine } from "../support/environment/rootless-engine.ts";
import type { TestEngine } from "../support/environment/test-engine.ts";
import { bootTokenHost, type TokenHost } from "../support/environment/token-host.ts";

const STACK = "rootless";
const CONTAINER = `${checkout.prefix}-rootless-runner`;
const TARGET = "/root/.config/claude-code/auth.json";

let environment: DevEnvironment;
let host: TokenHost;
let engine: TestEngine;
let folder: string;
let file: string;
let uid: number;
let token: TokenFile;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  folder = await mkdtemp(join(tmpdir(), "rootless-"));
  await chmod(folder, 0o755);
  file = join(folder, "token/auth.json");
  const engineFolder = join(folder, "engine");
  for (const path of [engineFolder, dirname(file)]) await mkdir(path);
  host = await bootTokenHost(environment, { folder, socket: join(engineFolder, "docker.sock") });
  uid = Number(await host.run(`id -u ${LOGIN}`));
  engine = await startRootlessEngine(environment, {
    folder: engineFolder,
    login: { name: LOGIN, uid },
    image: serviceImage,
  });
  await chown(dirname(file), uid, uid);
  token = await putOwnToken();
  expectSuccess(await pulumi(environment, ["stack", "init", "--no-select"], { stack: STACK }));
});

afterAll(async () => {
  expectSuccess(await pulumi(environment, ["destroy", "--yes"], await options()));
  await removeStack(environment, STACK);
  await host.remove();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A file with a new token, the login's own. */
async function putOwnToken(): Promise<TokenFile> {
  const written = await putNewToken(environment, { file });
  await chown(file, uid, uid);
  return written;
}

/** A fleet of one service, which is root in its container: the login, as the host sees it. */
async function options(host: Readonly<Record<string, string>> = { ssh: LAB }) {
  const { services, gate, rollout } = await committedToken();
  const apiUrl = services[0]?.environment["ANTHROPIC_BASE_URL"];
  const service = {
    ...services[0],
    name: "runner",
    container: CONTAINER,
    target: TARGET,
    environment: { ...services[0]?.environment, AUTH_FILE: TARGET },
    user: "0:0",
    uid,
    networks: [],
  };
  const tokens = {
    rootless: {
      host,
      file,
      gate: { ...(gate as object), apiUrl, claude: "/usr/local/bin/claude" },
      rollout,
      driver: "docker",
      services: [service],
    },
  };
  return {
    stack: STACK,
    configFile: await settingsWith({ workstations: {}, users: {} }, { fleet: STACK, tokens }),
  };
}

const expectOwn = () =>
  expectRolledOut(
    engine.environment,
    token,
    [{ service: "runner", container: CONTAINER, target: TARGET, uid }],
    file,
  );

it("has its container made by the login's engine, and the token read in it", async () => {
  expectSuccess(await up(environment, await options()));
  await expectOwn();
  expectSuccess(await preview(environment, { ...(await options()), args: ["--expect-no-changes"] }));
});

it("gets a new token in the same way", async () => {
  token = await putOwnToken();
  expect(replacedContainers(expectSuccess(await up(environment, await options())))).toEqual([
    "rootless/runner-container",
  ]);
  await expectOwn();
});

it("is told by a preview when root would make copies that the engine cannot reach", async () => {
  const asRoot = await options({ ssh: LAB, become: "sudo -n" });
  const seen = await preview(environment, asRoot);
  expect(seen.output).toContain(`The engine runs without root, as uid ${uid}, and could not mount copies in`);
  expect(seen.output).toContain("leave `become` out");
});
