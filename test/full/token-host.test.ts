/** A token host that is reached by ssh, with its engine there: the same gate, order and proof as on the operator's machine. */
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { containerRuns, downTogether, watchContainers, type Service } from "../e2e/support/containers.ts";
import { saidOnce } from "../e2e/support/messages.ts";
import { expectSuccess, preview, pulumi, up, type PulumiRun } from "../e2e/support/pulumi.ts";
import { committedToken, expectRolledOut, replacedContainers } from "../e2e/support/rollout.ts";
import { settingsWith } from "../e2e/support/roster.ts";
import { LAB } from "../e2e/support/second-host.ts";
import { putNewToken, type TokenFile } from "../e2e/support/token-file.ts";
import { bootTokenHost, type TokenHost } from "./support/token-host.ts";

const STACK = "elsewhere";
const FILE = join(checkout.folder, "e2e/elsewhere/auth.json");
const NAMES = ["elsewhere-agent", "elsewhere-worker"] as const;

let environment: DevEnvironment;
let host: TokenHost;
let token: TokenFile;
let services: readonly Service[];
let options: { readonly stack: string; readonly configFile: string };

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  await mkdir(dirname(FILE), { recursive: true, mode: 0o700 });
  token = await putNewToken(environment, { file: FILE });
  host = await bootTokenHost(environment, { folder: dirname(FILE) });
  const { services: committed, gate, rollout } = await committedToken();
  const wanted = NAMES.map((name, at) => ({
    ...committed[at],
    name,
    container: `${checkout.prefix}-${name}`,
  }));
  services = wanted.map(({ name, container, ...entry }) => {
    const { target, uid } = entry as unknown as { target: string; uid: number };
    return { service: name, container, target, uid };
  });
  const apiUrl = committed[0]?.environment["ANTHROPIC_BASE_URL"];
  const configFile = await settingsWith(
    { workstations: {}, users: {} },
    {
      fleet: STACK,
      tokens: {
        elsewhere: {
          host: { ssh: LAB, become: "sudo -n" },
          file: FILE,
          gate: { ...(gate as object), apiUrl, claude: "/usr/local/bin/claude" },
          rollout,
          driver: "docker",
          services: wanted,
        },
      },
    },
  );
  options = { stack: STACK, configFile };
  expectSuccess(await pulumi(environment, ["stack", "init", "--no-select"], { stack: STACK }));
});

afterAll(async () => {
  await host.allowEngine(true);
  expectSuccess(await pulumi(environment, ["destroy", "--yes"], options));
  await pulumi(environment, ["stack", "rm", "--yes"], { stack: STACK });
  await rm(join(checkout.root, `Pulumi.${STACK}.yaml`), { force: true });
  await host.remove();
});

const expectNoChanges = async () =>
  expectSuccess(await preview(environment, { ...options, args: ["--expect-no-changes"] }));

describe("a token host reached by ssh", () => {
  it("has its containers made there, and read there what they shall have", async () => {
    expectSuccess(await up(environment, options));
    await expectRolledOut(environment, token, services, FILE);
    await expectNoChanges();
  });

  it("proves a new token itself, and replaces one container after the other", async () => {
    token = await putNewToken(environment, { file: FILE });
    const asked = await environment.anthropic.requests();
    let ended: PulumiRun | undefined;
    const events = await watchContainers(
      environment,
      async () => {
        ended = expectSuccess(await up(environment, options));
      },
      services,
    );
    expect(replacedContainers(ended)).toEqual(NAMES.map((name) => `elsewhere/${name}-container`));
    expect(downTogether(events)).toBe(1);
    await expectRolledOut(environment, token, services, FILE);
    const calls = (await environment.anthropic.requests(asked.at(-1)?.n ?? 0)).filter(
      ({ credential }) => credential?.sha256 === token.tokenSha256,
    );
    // Not from this machine, which would have come by loopback.
    expect(calls.map(({ listener, path, status }) => `${listener} ${path} ${status}`)).toContain(
      "containers /v1/messages 200",
    );
  });

  it("keeps its containers when the API refuses a token", async () => {
    const before = await containerRuns(environment, services);
    await putNewToken(environment, { file: FILE, revoked: true });
    const ended = await up(environment, options);
    expect(ended.code, ended.output).not.toBe(0);
    expect(saidOnce(ended, FILE)).toMatch(
      /The token was refused by the API \(.*\).*No container was touched\.$/,
    );
    expect(await containerRuns(environment, services)).toEqual(before);
    token = await putNewToken(environment, { file: FILE });
    expectSuccess(await up(environment, options));
    await expectRolledOut(environment, token, services, FILE);
  });

  it("is not taken for empty when its login may not speak to the engine", async () => {
    const before = await containerRuns(environment, services);
    await host.allowEngine(false);
    const seen = await preview(environment, { ...options, args: ["--expect-no-changes"] });
    expect(seen.code, seen.output).not.toBe(0);
    expect(seen.operations).toEqual([]);
    expect(seen.output).toContain(`The Docker engine at ssh://${LAB} gives no answer`);
    const ended = await up(environment, options);
    expect(ended.code, ended.output).not.toBe(0);
    expect(await containerRuns(environment, services)).toEqual(before);
    await host.allowEngine(true);
    await expectNoChanges();
  });
});
