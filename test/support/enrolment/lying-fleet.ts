/**
 * An `up` against hosts that say what a test wants. The program's decisions, the operator's commands and OpenBao are real.
 * The engine is left out: each command runs with the input that the program gives it.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { buildPrograms, CLI_BUNDLE } from "../../../build/programs.ts";
import type { ActionName } from "../../../contract/actions.ts";
import { DRIFT_VARIABLE } from "../../../contract/command-input.ts";
import { PROTOCOL } from "../../../contract/fields.ts";
import type { HostPlan } from "../../../contract/host-plan.ts";
import {
  workstationObservation,
  type UserObservation,
  type WorkstationObservation,
} from "../../../contract/workstation.ts";
import { start } from "../../../lib/process.ts";
import { sha256Of } from "../../../lib/sha256.ts";
import { VaultClient } from "../../../lib/vault-api.ts";
import { planDigest } from "../../../plan/digests.ts";
import { loadPlan } from "../../../plan/load.ts";
import type { FleetPlan } from "../../../plan/model.ts";
import { vaultAccessOf } from "../../../plan/requests/connection.ts";
import { applyInput, unenrolInput } from "../../../plan/requests/workstation.ts";
import { userPolicy } from "../../../plan/vault/user-policy.ts";
import { hostPlan } from "../../../plan/workstation/host-plan.ts";
import { surveyTokens } from "../../../program/fleet-tokens.ts";
import type { ObservedFleet } from "../../../program/observe.ts";
import { believable, fleetProblems, reportedBy, vaultReport } from "../../../program/problems.ts";
import { reviewFleet, type FleetReview } from "../../../program/review.ts";
import { listTokens } from "../../../remote/fleet-tokens.ts";
import { startOpenBao, type OpenBao } from "../engine/openbao.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PROGRAM = { version: "0.1.0-0", sha256: "0".repeat(64) };
const PASSPHRASE = "an obviously fake passphrase";

/** Users by their workstations. */
export type Roster = Readonly<Record<string, readonly string[]>>;

/** What one workstation says in an `up`. An event's text `@N` stands for the accessor of the N-th token that it was given. */
export interface Lies {
  /** Undefined: the host does not answer. */
  readonly observation?: WorkstationObservation | undefined;
  readonly retire?: readonly object[];
  readonly apply?: readonly object[];
  /** Whether it unwraps the tokens that it is given. */
  readonly unwraps?: boolean;
  /** Accessors by users of what the state has of its last apply. */
  readonly state?: Readonly<Record<string, string>>;
}

/** How one command ended. */
export interface CommandEnd {
  readonly code: number | undefined;
  readonly said: string;
  /** What the operator sent: the request and its answers, line by line. */
  readonly heard: string;
}

/** How an `up` ended: the commands that ran, by `host action`, and `vault sweep`. */
export interface UpEnd {
  readonly stopped: readonly string[];
  readonly review: FleetReview | undefined;
  readonly commands: Readonly<Record<string, CommandEnd>>;
}

const minted = z.object({ auth: z.object({ client_token: z.string(), accessor: z.string() }) });
const listed = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const looked = z.object({
  data: z.object({ role: z.string().nullish(), meta: z.record(z.string(), z.string()).nullish() }),
});

/** A fleet whose hosts lie, and its Vault. */
export class LyingFleet {
  readonly bao: OpenBao;
  readonly #folder: string;

  private constructor(bao: OpenBao, folder: string) {
    this.bao = bao;
    this.#folder = folder;
  }

  static async open(): Promise<LyingFleet> {
    await buildPrograms(ROOT);
    const fleet = new LyingFleet(await startOpenBao(), await mkdtemp(join(tmpdir(), "claude-fleet-lies-")));
    const { vault } = fleet.plan({});
    await fleet.bao.root("POST", `auth/token/roles/${vault.role}`, {
      allowed_policies_glob: [vault.policyGlob],
      orphan: true,
      token_period: vault.tokenPeriodSeconds,
      token_no_default_policy: true,
    });
    return fleet;
  }

  async close(): Promise<void> {
    await this.bao.stop();
    await rm(this.#folder, { recursive: true });
  }

  plan(roster: Roster, settings: object = {}, entries: Readonly<Record<string, object>> = {}): FleetPlan {
    const users = Object.entries(roster).flatMap(([workstation, names]) =>
      names.map((name) => [name, { workstation, email: `${name}@example.com`, ...entries[name] }] as const),
    );
    const workstations = Object.keys(roster).map((host) => [host, { ssh: host }] as const);
    return loadPlan({
      settings: { fleet: "prod", vault: { address: this.bao.address, ...settings } },
      roster: {
        file: "roster.yaml",
        text: JSON.stringify({
          workstations: Object.fromEntries(workstations),
          users: Object.fromEntries(users),
        }),
      },
      projectFolder: "/",
    });
  }

  /** Returns what a healthy host reports. @param tokens accessors by the users whom it has enrolled */
  healthy(plan: FleetPlan, host: string, tokens: Readonly<Record<string, string>>): WorkstationObservation {
    const wanted = wantedOf(plan, host);
    return workstationObservation.parse({
      protocol: PROTOCOL,
      machineId: sha256Of(host).slice(0, 32),
      missing: [],
      conflicts: [],
      program: PROGRAM,
      plan: planDigest(wanted),
      recordedAs: host,
      generation: 3,
      mark: "0a1b2c3d",
      files: wanted.files.map(({ path, mode, content }) => ({
        ...{ path, mode, sha256: sha256Of(content), foreign: false, applied: true },
      })),
      units: [],
      enrolled: Object.keys(tokens),
      strays: [],
      users: Object.entries(tokens).map(([name, accessor]) => userReport(name, [accessor])),
    });
  }

  /** Mints a token of this user, as an apply of that host has done. */
  async enrolled(
    user: string,
    host: string,
    changes: object = {},
  ): Promise<{ token: string; accessor: string }> {
    await this.#writePolicy(this.plan({ [host]: [user] }));
    const body = { policies: [`claude-prod-${user}`], meta: { fleet: "prod", user, host }, ...changes };
    const { auth } = minted.parse(await this.bao.root("POST", "auth/token/create/claude-prod", body));
    return { token: auth.client_token, accessor: auth.accessor };
  }

  /** Mints a token that is not the fleet's. */
  async other(body: object): Promise<{ token: string; accessor: string }> {
    const { auth } = minted.parse(await this.bao.root("POST", "auth/token/create", body));
    return { token: auth.client_token, accessor: auth.accessor };
  }

  /** Returns the accessors of the fleet's living tokens of a user, sorted. */
  async alive(user: string): Promise<readonly string[]> {
    const { keys } = listed.parse(await this.bao.root("GET", "auth/token/accessors?list=true")).data;
    const own: string[] = [];
    for (const accessor of keys) {
      const { status, body } = await this.#lookup(accessor);
      if (status !== 200) continue;
      const { role, meta } = looked.parse(body).data;
      if (role === "claude-prod" && meta?.["user"] === user) own.push(accessor);
    }
    return own.sort();
  }

  async isAlive(accessor: string): Promise<boolean> {
    return (await this.#lookup(accessor)).status === 200;
  }

  #lookup(accessor: string) {
    const call = { method: "POST", path: "auth/token/lookup-accessor", body: { accessor } } as const;
    return this.bao.ask(this.bao.rootToken, call);
  }

  /** Revokes all tokens of the fleet's role. */
  async clear(): Promise<void> {
    await this.bao.root("POST", "sys/leases/revoke-prefix/auth/token/create/claude-prod");
  }

  /** Observes and reviews. Then it runs what the review asks for: unenrolments, applies and the sweep. */
  async up(
    plan: FleetPlan,
    hosts: Readonly<Record<string, Lies>>,
    token = this.bao.rootToken,
  ): Promise<UpEnd> {
    await this.#writePolicy(plan);
    const client = new VaultClient({ address: this.bao.address, namespace: "", caPem: undefined, token });
    const tokens = await listTokens(client);
    const reported = observedOf(plan, hosts);
    const survey = await surveyTokens(plan, { client, tokens }, reportedBy(reported.workstations));
    const observed = believable(plan, reported, survey);
    const users = plan.workstations.flatMap((one) => one.users);
    const policies = new Map(users.map(({ policy }) => [policy, ""]));
    const inVault = vaultReport({ role: undefined, policies, metadata: new Map() }, survey, observed);
    const stopped = fleetProblems(plan, reported, inVault);
    if (stopped.length > 0) return { stopped, review: undefined, commands: {} };
    const review = reviewFleet(plan, observed, inVault, { preview: false, now: "2026-01-01T00:00:00Z" });
    const commands: Record<string, CommandEnd> = {};
    for (const { workstation, wanted, unenrolDrift } of review.workstations) {
      if (unenrolDrift === undefined) continue;
      const input = unenrolInput(plan, workstation, wanted);
      const name = `${workstation.name} retire`;
      commands[name] = await this.command(
        "retire",
        input,
        unenrolDrift,
        hosts[workstation.name] ?? {},
        token,
      );
    }
    for (const { workstation, wanted, drift } of review.workstations) {
      if (drift === undefined) continue;
      const input = applyInput(plan, workstation, wanted);
      const name = `${workstation.name} apply`;
      commands[name] = await this.command("apply", input, drift, hosts[workstation.name] ?? {}, token);
    }
    if (review.unowned.drift !== undefined) {
      const input = { fleet: plan.fleet, vault: vaultAccessOf(plan) };
      commands["vault sweep"] = await this.#run(["vault", "sweep"], input, review.unowned.drift, {}, token);
    }
    return { stopped, review, commands };
  }

  /** Runs one action against a host that says these things. */
  command(
    action: ActionName,
    input: object,
    drift: string,
    lies: Lies,
    token = this.bao.rootToken,
  ): Promise<CommandEnd> {
    return this.#run(
      ["host", action],
      input,
      drift,
      { ...lies, apply: (action === "retire" ? lies.retire : lies.apply) ?? [] },
      token,
    );
  }

  async #run(
    words: readonly string[],
    input: object,
    drift: string,
    { apply: said = [], unwraps = false, state }: Lies,
    token: string,
  ): Promise<CommandEnd> {
    const bin = await mkdtemp(join(this.#folder, "bin-"));
    await mkdir(bin, { recursive: true });
    const heard = join(bin, "heard");
    const script = hostScript(heard, said, unwraps ? this.bao.address : undefined);
    await writeFile(join(bin, "ssh"), `#!${process.execPath}\n${script}`);
    await chmod(join(bin, "ssh"), 0o755);
    const users = Object.entries(state ?? {}).map(([name, accessor]) => ({
      ...{ name, accessor, token: "kept", awaitingLogin: false },
    }));
    const env = {
      ...process.env,
      PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
      VAULT_TOKEN: token,
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
      PULUMI_COMMAND_STDOUT: JSON.stringify({ generation: 3, machineId: "1".repeat(32), users }),
      [DRIFT_VARIABLE]: drift,
    };
    const options = { cwd: ROOT, env, input: JSON.stringify(input) };
    const ended = await start(process.execPath, [CLI_BUNDLE, ...words], options);
    const text = await readFile(heard, "utf8").catch(() => "");
    return { code: ended.exitCode, said: ended.stdout + ended.stderr, heard: text };
  }

  async #writePolicy(plan: FleetPlan): Promise<void> {
    for (const user of plan.workstations.flatMap(({ users }) => users)) {
      await this.bao.root("POST", `sys/policies/acl/${user.policy}`, { policy: userPolicy(user) });
    }
  }
}

/** Returns what a host reports of a user. @param accessors the first one is the token in use */
export function userReport(
  name: string,
  accessors: readonly string[],
  health: UserObservation["token"]["health"] = "good",
): UserObservation {
  return {
    ...{
      name,
      exists: true,
      home: `/home/${name}`,
      paused: false,
      credential: "usable",
      awaitingLogin: false,
    },
    ...{ timerEnabled: "enabled", timerActive: "active", pathEnabled: "enabled", pathActive: "active" },
    ...{ nowEnabled: "enabled", nowActive: "active" },
    token: { health, detail: "", accessor: accessors[0] ?? null, ttlSeconds: 2_000_000, mode: "0600" },
    accessors: [...accessors],
    claude: "/usr/bin/claude",
    dropIn: "same",
  };
}

/** Returns the event with which an apply ends. @param users accessors by users, as it reports them */
export function applied(users: readonly (readonly [name: string, accessor: string])[]): object {
  const result = {
    generation: 4,
    machineId: "1".repeat(32),
    users: users.map(([name, accessor]) => ({ name, accessor, token: "kept", awaitingLogin: false })),
  };
  return { event: "result", result };
}

/** The event with which an unenrolment ends that has done nothing. */
export const NOBODY_LEFT = { event: "result", result: { machineId: "1".repeat(32), retired: [] } };

function wantedOf(plan: FleetPlan, host: string): HostPlan {
  const workstation = plan.workstations.find(({ name }) => name === host);
  if (workstation === undefined) throw new Error(`The roster has no ${host}.`);
  return hostPlan(plan, workstation, PROGRAM);
}

function observedOf(plan: FleetPlan, hosts: Readonly<Record<string, Lies>>): ObservedFleet {
  const workstations = plan.workstations.map((workstation) => {
    const observation = hosts[workstation.name]?.observation;
    const observed =
      observation === undefined
        ? ({ kind: "unknown", reason: "it does not answer" } as const)
        : ({ kind: "seen", observation } as const);
    return { workstation, wanted: hostPlan(plan, workstation, PROGRAM), observed };
  });
  return { workstations, tokens: [], rules: undefined };
}

/** Returns the program that stands for ssh and the host: it notes what it hears, and says what it is told to. */
function hostScript(heard: string, said: readonly object[], vault: string | undefined): string {
  return `
    const fs = require("node:fs");
    const marker = /claude-fleet-[0-9a-f]{16}/.exec(process.argv.at(-1))[0];
    const secrets = Object.keys(process.env).filter((name) => /^(?:VAULT|PULUMI)/.test(name));
    fs.writeFileSync(${JSON.stringify(heard)}, secrets.join() + "\\n");
    process.stdout.write(marker + " have\\n");
    const said = ${JSON.stringify(said)};
    const accessors = [];
    let next = 0;
    const unwrap = (token) => fetch(${JSON.stringify(vault ?? "")} + "/v1/sys/wrapping/unwrap", {
      method: "POST", headers: { "X-Vault-Token": token },
    }).then((answer) => answer.text());
    require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
      fs.appendFileSync(${JSON.stringify(heard)}, line + "\\n");
      const { wrappedToken, wrappedAccessor } = JSON.parse(line);
      if (wrappedAccessor !== undefined) accessors.push(wrappedAccessor);
      if (wrappedToken !== undefined && ${vault !== undefined}) await unwrap(wrappedToken);
      while (next < said.length) {
        const text = JSON.stringify(said[next]).replace(/@(\\d)/g, (_, index) => accessors[Number(index)] ?? "none");
        const event = said[next++];
        process.stdout.write(text + "\\n");
        if (event.event === "need-token") return;
      }
      process.stdin.destroy();
    });
  `;
}

/** Returns how each command ended, by its name. */
export function codes({ commands }: UpEnd): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(Object.entries(commands).map(([name, { code }]) => [name, code]));
}

/** Returns a host that reports what it has, and does what an honest host does. */
export function honest(
  fleet: LyingFleet,
  roster: Roster,
  host: string,
  tokens: Readonly<Record<string, string>>,
): Lies {
  const users = (roster[host] ?? []).flatMap((name) =>
    tokens[name] === undefined ? [] : [[name, tokens[name]] as const],
  );
  const observation = fleet.healthy(fleet.plan(roster), host, tokens);
  return { observation, retire: [NOBODY_LEFT], apply: [applied(users)] };
}
