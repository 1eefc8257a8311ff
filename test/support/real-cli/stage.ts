/**
 * One user's account on the test environment's workstation: reset, arranged for a case of the table of decisions, and renewed
 * by its own service.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { LoggedRequest } from "../../../dev/stand-ins/anthropic/request-log.ts";
import { platformKey, type ClaudeVersion } from "../../../dev/pinned-programs.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { programLinks } from "../../../dev/workstation.ts";
import { collect } from "../environment/figures.ts";
import { holdReassertion, releaseReassertion } from "../environment/held-reassertion.ts";
import { lineOf } from "../environment/run-line.ts";
import { asAdmin, backup, FLEET, PREFIX } from "../environment/vault.ts";
import {
  onWorkstation,
  placesOf,
  runService,
  unwatch,
  watch,
  type ServiceRun,
} from "../environment/workstation.ts";
import { Account } from "./account.ts";
import type { HostPlan } from "../../../contract/host-plan.ts";

const PLAN = `/etc/claude-fleet/${FLEET}/plan.json`;

/** The outcome of one run. */
export interface Seen {
  readonly code: number;
  readonly line: string;
  readonly figures: ReadonlyMap<string, number>;
  /** The credentials file; undefined when there is none. */
  readonly home: { readonly before: string | undefined; readonly after: string | undefined };
  /** The text of the login in Vault. */
  readonly vault: { readonly before: string | undefined; readonly after: string | undefined };
  /** The requests that the stand-in got meanwhile. */
  readonly requests: readonly LoggedRequest[];
}

/** See the file's comment. */
export class Stage extends Account {
  readonly version: ClaudeVersion;
  readonly #plan: string;
  readonly #hosts: string;
  readonly #token: string;
  #began = 0;

  private constructor(
    environment: DevEnvironment,
    version: ClaudeVersion,
    files: { readonly plan: string; readonly hosts: string; readonly token: string },
  ) {
    super(environment);
    this.version = version;
    this.#plan = files.plan;
    this.#hosts = files.hosts;
    this.#token = files.token;
  }

  /** @param version the version of the CLI that all users there have from now on */
  static async open(environment: DevEnvironment, version: ClaudeVersion): Promise<Stage> {
    const read = (path: string) => onWorkstation(environment, `cat ${path}`);
    const [plan, hosts] = [await read(PLAN), await read("/etc/hosts")];
    const token = await read(placesOf("alice").token);
    const stage = new Stage(environment, version, { plan, hosts, token });
    // The hourly repair would start what a case has stopped, and restore other settings.
    await holdReassertion(environment);
    await unwatch(environment, stage.user);
    return stage;
  }

  /** Leaves the user with a proven and stored login, as the environment expects. */
  async close(): Promise<void> {
    await this.reset();
    await this.root(programLinks);
    await this.settle();
    await watch(this.environment, this.user);
    await releaseReassertion(this.environment);
  }

  /** Resets the account: no login, no agent state, no entry in Vault, and no trouble. */
  async reset(): Promise<void> {
    const { user, environment } = this;
    await environment.anthropic.behaveWell();
    await this.killClaudes();
    const home = `/home/${user}`;
    const script = [
      "cat > /etc/hosts",
      `umount ${home}/.claude ${home}/small 2>/dev/null || true`,
      `rm -rf ${home}/small ${home}/.claude ${home}/.claude.lock ${home}/.claude.json ${home}/.local/state/claude-auth-sync`,
      "sed -i /^CLAUDE_CODE_OAUTH_TOKEN=/d /etc/environment",
      `ln -sfn /opt/claude-code/${platformKey(this.version)}/claude /usr/local/bin/claude`,
    ];
    await this.root(script.join("\n"), this.#hosts);
    await this.own(
      "mkdir -m 700 .claude; cat > .claude.json",
      JSON.stringify({ hasCompletedOnboarding: true }),
    );
    await this.root(`cat > ${placesOf(user).token}`, this.#token);
    await this.root(`cat > ${PLAN}`, this.#plan);
    await this.deleteEntry();
  }

  /** Returns the path of the user's entry in Vault. */
  entry(kind: "data" | "metadata"): string {
    return `secret/${kind}/${PREFIX}/${this.user}`;
  }

  /** Deletes the user's entry from Vault. */
  async deleteEntry(): Promise<void> {
    await asAdmin(this.environment, { method: "DELETE", path: this.entry("data") }, z.unknown());
  }

  /** Mounts an empty file system of its own at a folder of the home. */
  async smallDisk(folder: string): Promise<void> {
    await this.own(`mkdir -p ${folder}`);
    const options = "size=256k,mode=700,uid=1001,gid=1001";
    await this.root(`mount -t tmpfs -o ${options} tmpfs /home/${this.user}/${folder}`);
  }

  /** Fills that file system. */
  async fillDisk(folder: string): Promise<void> {
    await this.own(`head -c 1000000 /dev/zero > ${folder}/filler 2>/dev/null || true`);
  }

  /** Records other renewal settings than the stack's, as an `up` would. */
  async settings(
    renewal: Partial<Omit<HostPlan["renewal"], "waits">> & { waits?: Partial<HostPlan["renewal"]["waits"]> },
  ): Promise<void> {
    const plan = JSON.parse(this.#plan) as HostPlan;
    const waits = { ...plan.renewal.waits, ...renewal.waits };
    const changed = { ...plan, renewal: { ...plan.renewal, ...renewal, waits } };
    await this.root(`cat > ${PLAN}`, JSON.stringify(changed));
  }

  /** Signs in, and lets a run prove and store the login. */
  async settle(): Promise<void> {
    await this.signIn();
    const { line } = await this.run();
    if (!/^OK .* backup=written /.test(line)) throw new Error(`The login was not stored: ${line}`);
  }

  /** Cuts the workstation off from Vault. */
  vaultAway(): Promise<string> {
    return this.root("cat > /etc/hosts", this.#hosts.replace(/^\S+(\s+vault\.)/m, "127.0.0.1$1"));
  }

  /** Connects the workstation with Vault again. */
  vaultBack(): Promise<string> {
    return this.root("cat > /etc/hosts", this.#hosts);
  }

  /** Sends the workstation's requests for the API to an address without a server. */
  apiAway(): Promise<string> {
    return this.root("cat > /etc/hosts", this.#hosts.replace(/^\S+(\s+api\.)/m, "127.0.0.1$1"));
  }

  /** Holds and touches the refresh lock until the account is reset. */
  async holdLock(): Promise<void> {
    const lock = ".claude/.oauth_refresh.lock";
    await this.own(
      `mkdir ${lock}; (while touch -c ${lock} && [ -d ${lock} ]; do sleep 1; done) >/dev/null 2>&1 </dev/null &`,
    );
  }

  /** Waits until the API got this many inferences since the run began. */
  async inferences(count: number): Promise<void> {
    for (;;) {
      const requests = await this.environment.anthropic.requests(this.#began);
      if (requests.filter(({ path }) => path === "/v1/messages").length >= count) return;
      await sleep(100);
    }
  }

  /** Kills the CLIs that the agent has started, as the kernel does when it is out of RAM. */
  async killClaudes(): Promise<void> {
    const probe = placesOf(this.user).agentState.replace("state.json", "probe");
    await this.own(
      `for p in /proc/[0-9]*; do [ "$(readlink $p/cwd)" = ${probe} ] && kill -9 "\${p#/proc/}"; done 2>/dev/null; true`,
    );
  }

  /** Runs the service once, and lets something happen meanwhile. */
  async run(during: (stage: Stage) => Promise<void> = () => Promise.resolve()): Promise<Seen> {
    const { environment, user } = this;
    const stored = async () => (await backup(environment, user))?.data["claude_ai_oauth_json"];
    const before = { home: await this.file(), vault: await stored() };
    const [ran] = await this.start(() => during(this));
    return {
      code: ran.code,
      line: lineOf(ran),
      figures: await collect(environment),
      home: { before: before.home, after: await this.file() },
      vault: { before: text(before.vault), after: text(await stored()) },
      requests: await environment.anthropic.requests(this.#began),
    };
  }

  /** Starts the service and what happens meanwhile. Counts inferences from zero. */
  async start(during: () => Promise<void>): Promise<readonly [ServiceRun, void]> {
    this.#began = (await this.environment.anthropic.requests()).at(-1)?.n ?? 0;
    return Promise.all([runService(this.environment, this.user), during()]);
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
