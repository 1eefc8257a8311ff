/** What the five services shall run, wrongly or otherwise, and `claude-fleet rollout` as a person types it. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { parse } from "yaml";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { STACK } from "../../../dev/stack.ts";
import { mountedTokens, type Service, SERVICES } from "./containers.ts";
import { type PulumiRun, shellVariables } from "./pulumi.ts";
import { committedRoster, settingsWith } from "./roster.ts";
import { run, type Run } from "./run.ts";
import type { TokenFile } from "./token-file.ts";

/** A service's entry in the settings. */
export type ServiceSettings = Readonly<Record<string, unknown>> & {
  readonly environment: Readonly<Record<string, string>>;
};

/** The token's entry in the settings. */
export interface TokenSettings {
  readonly services: readonly ServiceSettings[];
  readonly [key: string]: unknown;
}

/** The token of the environment's settings. */
export async function committedToken(): Promise<TokenSettings> {
  const text = await readFile(join(checkout.root, `Pulumi.${STACK}.yaml`), "utf8");
  const { config } = parse(text) as { config: { "claude-fleet:tokens": { platform: TokenSettings } } };
  return config["claude-fleet:tokens"].platform;
}

/** A settings file with another token. */
export async function settingsOfToken(change: (token: TokenSettings) => TokenSettings): Promise<string> {
  return settingsWith(await committedRoster(), { tokens: { platform: change(await committedToken()) } });
}

/** `token` with changes of the service at `index`. */
export function withService(
  token: TokenSettings,
  index: number,
  change: (service: ServiceSettings) => ServiceSettings,
): TokenSettings {
  const services = token.services.map((service, at) => (at === index ? change(service) : service));
  return { ...token, services };
}

/** Settings in which the service at `index` never gets well, which is found out after a few seconds. */
export function settingsWithSick(index: number): Promise<string> {
  return settingsOfToken((token) => {
    const rollout = { ...(token["rollout"] as object), healthTimeout: "10s" };
    return withService({ ...token, rollout }, index, (service) => ({
      ...service,
      environment: { ...service.environment, HEALTHY: "false" },
    }));
  });
}

/** `claude-fleet rollout ARGS`. */
export function rollout(environment: DevEnvironment, ...args: readonly string[]): Promise<Run> {
  return run("node", ["dist/claude-fleet.mjs", "rollout", ...args, "--stack", STACK], {
    cwd: checkout.root,
    env: shellVariables(environment),
  });
}

/** Asserts that these services, by default all, have this file and nothing else at their own targets, and are well. */
export async function expectRolledOut(
  environment: DevEnvironment,
  { sha256 }: TokenFile,
  services: readonly Service[] = SERVICES,
  file = environment.tokenFile,
): Promise<void> {
  const source = (uid: number) => join(dirname(file), "auth.d", `${sha256}.${uid}.json`);
  expect(await mountedTokens(environment, services)).toEqual(
    services.map(({ container, target, uid }) => ({
      container,
      mounts: [{ Type: "bind", Source: source(uid), Destination: target, RW: false }],
      label: sha256,
      health: "healthy",
      sha256,
    })),
  );
}

/** What was done to the gate, the containers or their checks. */
export function rolloutOperations({ operations }: PulumiRun): PulumiRun["operations"] {
  return operations.filter(({ name }) => name.startsWith("platform"));
}

/** Logical names of the replaced containers, in the order of their replacement. */
export function replacedContainers(ended: PulumiRun | undefined): readonly string[] {
  return (ended?.operations ?? [])
    .filter(({ op, type }) => op === "create-replacement" && type === "docker:index/container:Container")
    .map(({ name }) => name);
}
