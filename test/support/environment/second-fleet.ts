/** The settings of a second fleet beside the environment's own: its Vault is as another team runs it. */
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { STACK } from "../../../dev/stack.ts";
import { vaultAuthorityFile } from "../../../dev/vault.ts";
import { vaultRequest, type VaultRequest } from "../../../lib/vault-http.ts";
import { containerRuns } from "./containers.ts";
import { expectSuccess, pulumi, removeStack, up } from "./pulumi.ts";
import { committedRoster, settingsWith, type Roster } from "./roster.ts";
import { putNewToken, type TokenFile } from "./token-file.ts";
import { FLEET, lookUp } from "./vault.ts";
import { onWorkstation, person, vaultTokenOf } from "./workstation.ts";

/** Name of the fleet, and of its stack. */
export const SECOND = "second";
/** Its mount in Vault. */
export const MOUNT = "kv-team";
/** Its one user. */
export const USER = "john.doe";
/** Its one container. */
const CONTAINER = `${checkout.prefix}-second-runner`;

const NAMESPACE = "team";
const TOKEN_FILE = join(checkout.folder, "e2e/second/auth.json");

/** A fleet with one user on the environment's workstation and one container on its engine. */
export class SecondFleet {
  private constructor(
    private readonly environment: DevEnvironment,
    readonly roster: Roster,
  ) {}

  /** Makes its stack, its namespace and its mount; there is no token file yet, and nothing is applied. */
  static async open(environment: DevEnvironment): Promise<SecondFleet> {
    const { workstations } = await committedRoster();
    const users = { [USER]: { workstation: "devvm", email: person(USER).email } };
    const fleet = new SecondFleet(environment, { workstations, users });
    await fleet.asRoot({ method: "POST", path: `sys/namespaces/${NAMESPACE}`, body: {} }, "");
    const body = { type: "kv", options: { version: "2" } };
    await fleet.asRoot({ method: "POST", path: `sys/mounts/${MOUNT}`, body });
    await mkdir(dirname(TOKEN_FILE), { recursive: true, mode: 0o700 });
    expectSuccess(await pulumi(environment, ["stack", "init", "--no-select"], { stack: SECOND }));
    return fleet;
  }

  /** Takes away what is left of it. */
  async close(): Promise<void> {
    await pulumi(this.environment, ["destroy", "--yes", "--continue-on-error"], await this.options());
    await removeStack(this.environment, SECOND);
    await this.asRoot({ method: "DELETE", path: `sys/namespaces/${NAMESPACE}` }, "");
  }

  /** What Vault answers its administrator in this fleet's namespace. */
  async asRoot(request: VaultRequest, namespace = NAMESPACE) {
    const answer = await vaultRequest({ ...this.environment.vault, namespace, caPem: undefined }, request);
    if (answer.kind === "none") throw new Error(answer.why);
    return answer;
  }

  /** The HTTP status with which Vault answers a token of this fleet that asks for itself. */
  async statusOf(token: string): Promise<number | undefined> {
    const server = { ...this.environment.vault, namespace: NAMESPACE, caPem: undefined, token };
    const answer = await vaultRequest(server, { method: "GET", path: "auth/token/lookup-self" });
    return answer.kind === "none" ? undefined : answer.status;
  }

  /** Puts a file with a new token where this fleet looks for one. */
  putNewToken(): Promise<TokenFile> {
    return putNewToken(this.environment, { file: TOKEN_FILE });
  }

  /** How its stack is run: the first one's settings, with what is its own. */
  async options(roster: Roster = this.roster) {
    const text = await readFile(join(checkout.root, `Pulumi.${STACK}.yaml`), "utf8");
    const { config } = z.object({ config: z.record(z.string(), z.unknown()) }).parse(parse(text));
    const platform = z
      .object({ platform: z.looseObject({ services: z.array(z.looseObject({})) }) })
      .parse(config["claude-fleet:tokens"]).platform;
    const { host, gate, rollout, driver } = platform;
    const services = [{ ...platform.services[0], name: "second-runner", container: CONTAINER }];
    const configFile = await settingsWith(roster, {
      fleet: SECOND,
      vault: {
        address: this.environment.vault.address,
        namespace: NAMESPACE,
        mount: MOUNT,
        prefix: "logins",
        caFile: vaultAuthorityFile(),
        versionOverride: "1.14.0",
      },
      tokens: { shared: { host, gate, rollout, driver, services, file: TOKEN_FILE } },
    });
    return { stack: SECOND, configFile };
  }

  async apply(roster?: Roster) {
    return up(this.environment, await this.options(roster));
  }

  /** Its container; rejects when there is none. */
  async container() {
    const { Id, Config, State } = await this.environment.docker.getContainer(CONTAINER).inspect();
    return { Id, sha256: Config.Labels["claude-fleet.sha256"], running: State.Running };
  }
}

/** All that is the first fleet's and that a second one could touch. */
export async function firstFleet(environment: DevEnvironment) {
  const files = `/etc/claude-fleet/${FLEET}/* /etc/systemd/system/claude-auth-sync@alice*`;
  return {
    workstation: await onWorkstation(
      environment,
      `stat -c '%i %Y %n' ${files} ~alice/.config/claude-auth-sync/*; cat /etc/claude-fleet/${FLEET}/generation`,
    ),
    containers: await containerRuns(environment),
    token: await lookUp(environment, (await vaultTokenOf(environment, "alice")) ?? "").then(
      ({ accessor }) => accessor,
    ),
  };
}
