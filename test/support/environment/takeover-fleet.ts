/** A fleet of its own which the former release applies: a workstation, two containers that share a token, and rules. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandInput, observedAnswer } from "../../../contract/command-input.ts";
import { workstationObservation, type WorkstationObservation } from "../../../contract/workstation.ts";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { sshConfigFile } from "../../../dev/ssh.ts";
import { recordedPlugins } from "../../../dev/stack.ts";
import { containerRuns, type ContainerRun, type Service } from "./containers.ts";
import { checkOutFormerRelease, type FormerRelease } from "./former-release.ts";
import {
  expectSuccess,
  preview,
  pulumi,
  removeStack,
  up,
  type PulumiOptions,
  type PulumiRun,
} from "./pulumi.ts";
import { committedToken } from "./rollout.ts";
import { settingsWith, type Roster } from "./roster.ts";
import { LAB, LOGIN, type SecondHost } from "./second-host.ts";
import { printed } from "./run.ts";
import { standardInput } from "./updates.ts";
import { bootSecondWorkstation, LAB_ENTRY } from "./second-workstation.ts";
import { putNewToken } from "./token-file.ts";
import { askVault } from "./vault.ts";
import { person, placesOf } from "./workstation.ts";

/** Name of the fleet, and of its stack. */
const FLEET = "takeover";
/** The users with a token on the workstation. */
export const USERS = ["john.doe", "anca_elena98"] as const;
/** The services, in the order of the rollout. */
const NAMES = ["takeover-agent", "takeover-worker"] as const;

const FOLDER = join(checkout.folder, "e2e/takeover");
const TOKEN_FILE = join(FOLDER, "auth.json");
/** Folder of the rules for Prometheus. */
export const RULES = join(FOLDER, "rules");

const ROSTER: Roster = {
  workstations: { [LAB]: LAB_ENTRY },
  users: {
    ...Object.fromEntries(USERS.map((user) => [user, { workstation: LAB, email: person(user).email }])),
    dave: { workstation: LAB, email: person("dave").email, renewal: false },
  },
};

/** What an upgrade must leave as it is. */
export interface Kept {
  readonly containers: readonly ContainerRun[];
  /** Accessor of each user's Vault token. */
  readonly accessors: Readonly<Record<string, string>>;
}

/** The fleet, its hosts and both releases. */
export class TakeoverFleet {
  private constructor(
    private readonly environment: DevEnvironment,
    readonly former: FormerRelease,
    readonly host: SecondHost,
    readonly services: readonly Service[],
  ) {}

  /** Creates the workstation, the settings and the stack. Applies nothing. */
  static async open(environment: DevEnvironment): Promise<TakeoverFleet> {
    const former = await checkOutFormerRelease();
    await mkdir(RULES, { recursive: true, mode: 0o700 });
    await putNewToken(environment, { file: TOKEN_FILE });
    // A backup of another machine is never written over, and each workstation draws an id of its own.
    for (const user of USERS) {
      const path = `secret/metadata/${FLEET}/${user}`;
      await askVault(environment, environment.vault.token, { method: "DELETE", path });
    }
    const host = await bootSecondWorkstation(environment);
    const services = (await wantedServices()).map(({ name, container, target, uid }) => ({
      service: name,
      ...{ container, target, uid },
    }));
    expectSuccess(await pulumi(environment, ["stack", "init", "--no-select"], { stack: FLEET }));
    return new TakeoverFleet(environment, former, host, services);
  }

  /** Destroys what is left, and removes the stack, the workstation and the checkout. */
  async close(): Promise<void> {
    await pulumi(this.environment, ["destroy", "--yes", "--continue-on-error"], await this.options());
    await removeStack(this.environment, FLEET);
    await this.host.remove();
    await rm(FOLDER, { recursive: true, force: true });
    await this.former.remove();
  }

  /** Runs `pulumi up` by the former release. */
  async applyByFormer(): Promise<PulumiRun> {
    return up(this.environment, { ...(await this.options()), project: this.former.root });
  }

  /** Runs `pulumi up` by today's code. @param roster another than the fleet's own */
  async apply(roster?: Roster): Promise<PulumiRun> {
    return up(this.environment, await this.options(roster));
  }

  /** Runs `pulumi preview` by today's code. */
  async preview(): Promise<PulumiRun> {
    return preview(this.environment, { ...(await this.options()), args: ["--expect-no-changes"] });
  }

  /** Runs `pulumi destroy` by today's code. */
  async destroy() {
    return pulumi(this.environment, ["destroy", "--yes", "--color", "never"], await this.options());
  }

  /** Puts a login into a user's home without a run by the path unit. */
  async logIn(user: (typeof USERS)[number]): Promise<void> {
    const { claudeAiOauth } = await this.environment.anthropic.login(person(user).email);
    await this.host.run(`systemctl stop claude-auth-sync@${user}.path`);
    const write = `umask 077; mkdir -p ~${user}/.claude && cat > ~${user}/.claude/.credentials.json`;
    await this.host.run(`runuser -u ${user} -- sh -c '${write}'`, JSON.stringify({ claudeAiOauth }));
    await this.host.run(`systemctl start claude-auth-sync@${user}.path`);
  }

  /** Removes a user's login without a run by the path unit. */
  async loseLogin(user: (typeof USERS)[number]): Promise<void> {
    const path = `claude-auth-sync@${user}.path`;
    await this.host.run(
      `systemctl stop ${path} && rm ${placesOf(user).credentials} && systemctl start ${path}`,
    );
  }

  /** Runs a user's agent. @returns its last line */
  async runAgent(user: (typeof USERS)[number]): Promise<string> {
    await this.host.run(`systemctl start claude-auth-sync@${user}.service`);
    return this.host.run(`tail -1 ${placesOf(user).log}`);
  }

  /** Runs the hourly repair by the installed program. @returns its lines in the journal */
  async repair(): Promise<readonly string[]> {
    const script = [
      "systemctl start claude-fleet-assert.service || true",
      "journalctl --sync",
      "invocation=$(systemctl show claude-fleet-assert.service -p InvocationID --value)",
      'journalctl -q -o cat _SYSTEMD_INVOCATION_ID="$invocation"',
    ];
    return (await this.host.run(script.join("\n"))).trimEnd().split("\n");
  }

  /** Asks the workstation's installed program by today's command and the observer's key: see docs/ci.md. */
  async observe(previewed: PulumiRun): Promise<WorkstationObservation> {
    const key = join(FOLDER, "observer");
    await printed("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    const program = "/usr/local/lib/claude-fleet/current/claude-fleet-host";
    const line = `restrict,command="sudo -n ${program} observe" ${await readFile(`${key}.pub`, "utf8")}`;
    const sudoers = `Defaults!${program} env_keep += "SSH_ORIGINAL_COMMAND"\n`;
    await this.host.run("cat > /etc/sudoers.d/claude-observer", sudoers);
    await this.host.run(`cat >> ~${LOGIN}/.ssh/authorized_keys`, line);
    const settings = await readFile(sshConfigFile, "utf8");
    await writeFile(`${key}.config`, settings.replaceAll(/IdentityFile .*/g, `IdentityFile "${key}"`));

    const { connection, request } = commandInput("apply").parse(standardInput(previewed, `${LAB}-apply`));
    const input = JSON.stringify({
      connection: { ...connection, ssh: { configFile: `${key}.config` } },
      request: { action: "observe-workstation", plan: request.plan },
    });
    const command = ["dist/claude-fleet.mjs", "host", "observe"];
    const answer = observedAnswer.parse(
      JSON.parse(await printed(process.execPath, command, { cwd: checkout.root, input })),
    );
    if (answer.kind === "unreachable") throw new Error(answer.reason);
    return workstationObservation.parse(answer.observation);
  }

  /** Returns the fleet's containers. */
  async containers(): Promise<readonly ContainerRun[]> {
    const filters = { label: [`claude-fleet.fleet=${FLEET}`] };
    const found = await this.environment.docker.listContainers({ all: true, filters });
    return found.length === 0 ? [] : containerRuns(this.environment, this.services);
  }

  /** Returns what an upgrade must leave as it is. */
  async kept(): Promise<Kept> {
    const accessors = USERS.map(async (user) => {
      const text = await this.host.run(`cat ${placesOf(user).accessor}`);
      return [user, text.trim()] as const;
    });
    return {
      containers: await containerRuns(this.environment, this.services),
      accessors: Object.fromEntries(await Promise.all(accessors)),
    };
  }

  private async options(roster: Roster = ROSTER): Promise<PulumiOptions> {
    const { gate, rollout } = await committedToken();
    const host = { local: true };
    const configFile = await settingsWith(roster, {
      fleet: FLEET,
      plugins: recordedPlugins(),
      vault: { address: this.environment.vault.address, prefix: FLEET, versionOverride: "1.14.0" },
      tokens: {
        shared: { host, file: TOKEN_FILE, gate, rollout, driver: "docker", services: await wantedServices() },
      },
      monitoring: { host, directory: RULES },
    });
    return { stack: FLEET, configFile };
  }
}

async function wantedServices() {
  const { services } = await committedToken();
  return NAMES.map((name, at) => {
    const { target, uid, ...entry } = services[at] as unknown as { target: string; uid: number };
    return { ...entry, target, uid, name, container: `${checkout.prefix}-${name}` };
  });
}
