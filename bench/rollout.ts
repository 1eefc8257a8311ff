/** `npm run bench rollout`: a new token for five services, beside `docker compose up --force-recreate` of the same five. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parse, stringify } from "yaml";
import { checkout } from "../dev/checkout.ts";
import { command } from "../lib/process.ts";
import { devEnvironment, type DevEnvironment } from "../dev/environment.ts";
import { serviceContainer, serviceNames } from "../dev/stack-settings.ts";
import { STACK } from "../dev/stack.ts";
import { writeTokenFile } from "../dev/token-host.ts";
import { awayTogether, secondsAway, secondsWithAnyAway, watchAnswers, type Gaps } from "./availability.ts";
import { freePorts } from "./free-ports.ts";
import { figure, type Result } from "./result.ts";

/** How services end, by what is measured; `stubborn` is the one that ignores SIGTERM. */
const VARIANTS = [
  { name: "stop at once", environment: () => ({}) },
  { name: "finish within 3 s", environment: () => ({ STOP: "slow", SLOW_STOP_MS: "3000" }) },
  {
    name: "one ignores SIGTERM",
    environment: (index: number): Record<string, string> => (index === 2 ? { STOP: "never" } : {}),
  },
] as const;

/** Compose's own default, so that both wait equally long for the one that does not end. */
const GRACE_SECONDS = 10;

/** One measured rollout. */
interface Measured {
  readonly gaps: Gaps;
  readonly seconds: number;
}

/** Both ways in turn, for services of every kind, in one run on one engine. */
export async function benchRollout(say: (line: string) => void): Promise<readonly Result[]> {
  const environment = await devEnvironment();
  const folder = path.join(checkout.folder, "bench");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const list: Result[] = [];
  try {
    for (const { name, environment: variables } of VARIANTS) {
      say(`services that ${name}: by the rollout`);
      const ours = await measureRollout(environment, folder, variables);
      say(`services that ${name}: by compose`);
      const baseline = await measureCompose(environment, folder, variables);
      list.push(...compared(name, ours, baseline));
    }
  } finally {
    await run(environment, ["npx", "pulumi", "up", "--yes", "--skip-preview", "--stack", STACK]);
    await rm(folder, { recursive: true, force: true });
  }
  return list;
}

function compared(name: string, ours: Measured, baseline: Measured): readonly Result[] {
  return [
    figure(`${name}: one service away, median`, "s", secondsAway(ours.gaps), secondsAway(baseline.gaps)),
    figure(
      `${name}: any service away`,
      "s",
      [secondsWithAnyAway(ours.gaps)],
      [secondsWithAnyAway(baseline.gaps)],
    ),
    figure(
      `${name}: services away at once`,
      "services",
      [awayTogether(ours.gaps)],
      [awayTogether(baseline.gaps)],
    ),
    figure(`${name}: from command to end`, "s", [ours.seconds], [baseline.seconds]),
  ];
}

type Variables = (index: number) => Readonly<Record<string, string>>;

/** The environment's own five, published on ports of loopback; a fresh token, then `claude-fleet rollout`. */
async function measureRollout(
  environment: DevEnvironment,
  folder: string,
  variables: Variables,
): Promise<Measured> {
  const ports = await freePorts(serviceNames);
  const text = await readFile(path.join(checkout.root, `Pulumi.${STACK}.yaml`), "utf8");
  const stack = parse(text) as { config: { "claude-fleet:tokens": { platform: Token } } };
  const { platform } = stack.config["claude-fleet:tokens"];
  platform.rollout = { ...platform.rollout, gracePeriod: `${GRACE_SECONDS}s` };
  for (const [index, service] of platform.services.entries()) {
    service.environment = { ...service.environment, ...variables(index) };
    service.ports = [{ internal: 8080, external: ports.get(service.name) ?? 0 }];
  }
  const configFile = path.join(folder, `Pulumi.${STACK}.yaml`);
  await writeFile(configFile, stringify(stack));
  const config = ["--stack", STACK, "--config-file", configFile];
  await run(environment, ["npx", "pulumi", "up", "--yes", "--skip-preview", ...config]);
  await writeTokenFile(await environment.anthropic.setupToken("platform@example.com"));
  return measured(ports, () => run(environment, ["node", "dist/claude-fleet.mjs", "rollout", ...config]));
}

interface Token {
  rollout: Record<string, unknown>;
  services: { name: string; image: string; environment: Record<string, string>; ports?: object[] }[];
}

/** The same image, the same ends, the same ports, made by compose; then the runbook's command. */
async function measureCompose(
  environment: DevEnvironment,
  folder: string,
  variables: Variables,
): Promise<Measured> {
  const ports = await freePorts(serviceNames);
  const [first] = environment.serviceContainers;
  const { Config } = await environment.docker.getContainer(first ?? "").inspect();
  const services = serviceNames.map((name, index) => [
    name,
    {
      image: Config.Image,
      container_name: serviceContainer(checkout.prefix, `bench-${name}`),
      user: "1000:1000",
      environment: { ...variables(index), AUTH_FILE: "/auth.json" },
      ports: [`127.0.0.1:${ports.get(name) ?? 0}:8080`],
      volumes: [`${environment.tokenFile}:/auth.json:ro`],
      network_mode: "bridge",
    },
  ]);
  const project = { version: "3.8", services: Object.fromEntries(services) as unknown };
  await writeFile(path.join(folder, "docker-compose.yml"), JSON.stringify(project));
  const compose = await composeWords(environment);
  const act = (...args: readonly string[]) => run(environment, [...compose, ...args], folder);
  try {
    await act("up", "--detach");
    return await measured(ports, () => act("up", "--detach", "--force-recreate"));
  } finally {
    await act("down", "--timeout", "0");
  }
}

async function composeWords(environment: DevEnvironment): Promise<readonly string[]> {
  try {
    await run(environment, ["docker", "compose", "version"]);
    return ["docker", "compose"];
  } catch {
    return ["docker-compose"];
  }
}

/** Begins once all answer, and ends when all answer again. */
async function measured(ports: ReadonlyMap<string, number>, work: () => Promise<unknown>): Promise<Measured> {
  let seconds = 0;
  await allAnswer(ports);
  const gaps = await watchAnswers(ports, async () => {
    const begun = performance.now();
    await work();
    seconds = (performance.now() - begun) / 1000;
    await allAnswer(ports);
  });
  return { gaps, seconds };
}

async function allAnswer(ports: ReadonlyMap<string, number>): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const gaps = await watchAnswers(ports, () => new Promise((resolve) => setTimeout(resolve, 200)));
    if ([...gaps.values()].every((list) => list.length === 0)) return;
    if (performance.now() > deadline) throw new Error("The services do not answer within a minute.");
  }
}

function run(
  environment: DevEnvironment,
  [program = "", ...args]: readonly string[],
  cwd = checkout.root,
): Promise<string> {
  return command(program, args, { cwd, env: { ...process.env, ...environment.variables } });
}
