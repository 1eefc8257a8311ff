/** Enrolments by the real operator's command and a real OpenBao, on workstations in folders, each with one fault. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect } from "vitest";
import * as z from "zod";
import { buildPrograms, CLI_BUNDLE } from "../../../build/programs.ts";
import { applyResult } from "../../../contract/workstation.ts";
import { hostPlan } from "../../../plan/workstation/host-plan.ts";
import { loadPlan } from "../../../plan/load.ts";
import type { FleetPlan, VaultPlan } from "../../../plan/model.ts";
import { userPolicy } from "../../../plan/vault/user-policy.ts";
import { applyInput } from "../../../plan/requests/workstation.ts";
import { start } from "../../../lib/process.ts";
import { startOpenBao, type OpenBao } from "../engine/openbao.ts";
import { STAGE, type Injection, type Stage } from "./injection.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const BYTES = "the program";
const PROGRAM = { version: "0.1.0-0", sha256: createHash("sha256").update(BYTES).digest("hex") };
const NOTHING: Injection = { blow: "process", step: 0 };

/** The states before the enrolment that a fault hits. */
export const SCENES = {
  /** A user who has never been enrolled. */
  first: () => Promise.resolve(),
  /** An enrolled user whose token was replaced by a token with another policy. */
  "wrong token": async (desk: Desk) => {
    expect((await desk.live()).code).toBe(0);
    await desk.exchangeToken();
  },
  /** An enrolled user whose token is older than the settings allow. */
  "old token": async (desk: Desk) => {
    expect((await desk.live()).code).toBe(0);
    desk.want({ rotateTokensAfterSeconds: 0 });
  },
} as const satisfies Readonly<Record<string, (desk: Desk) => Promise<void>>>;
export type Scene = keyof typeof SCENES;

/** Returns the name of a desk's workstation. Each has its own: an apply revokes tokens of its host that no user of its plan has. */
const hostOf = (user: string) => `devvm-${user}`;

/** Starts OpenBao and builds the programs, for many desks. */
export class Workshop {
  readonly bao: OpenBao;
  readonly folder: string;
  readonly #steps = new Map<Scene, readonly string[]>();
  #desks = 0;

  private constructor(bao: OpenBao, folder: string) {
    this.bao = bao;
    this.folder = folder;
  }

  static async open(): Promise<Workshop> {
    await buildPrograms(ROOT);
    const folder = await mkdtemp(join(tmpdir(), "claude-fleet-enrolment-"));
    await build({
      entryPoints: [fileURLToPath(new URL("host-program.ts", import.meta.url))],
      outfile: join(folder, "host.cjs"),
      ...{ bundle: true, platform: "node", target: "node20", format: "cjs", logLevel: "warning" },
    });
    await writeFile(join(folder, "ssh"), `#!/bin/sh\nexec ${process.execPath} ${folder}/host.cjs "$@"\n`);
    await chmod(join(folder, "ssh"), 0o755);
    const bao = await startOpenBao();
    const workshop = new Workshop(bao, folder);
    await workshop.bindRole([]);
    return workshop;
  }

  /** Writes the fleet's token role, which binds new tokens to these networks. */
  async bindRole(networks: readonly string[]): Promise<void> {
    const { vault } = this.plan("user0");
    await this.bao.root("POST", `auth/token/roles/${vault.role}`, {
      allowed_policies_glob: [vault.policyGlob],
      orphan: true,
      token_period: vault.tokenPeriodSeconds,
      token_no_default_policy: true,
      token_bound_cidrs: networks,
    });
  }

  async close(): Promise<void> {
    await this.bao.stop();
    await rm(this.folder, { recursive: true });
  }

  plan(user: string): FleetPlan {
    return loadPlan({
      settings: { fleet: "prod", vault: { address: this.bao.address } },
      roster: {
        file: "roster.yaml",
        text: JSON.stringify({
          workstations: { [hostOf(user)]: { ssh: "devvm" } },
          users: { [user]: { workstation: hostOf(user), email: "a@example.com" } },
        }),
      },
      projectFolder: "/",
    });
  }

  /** A workstation on which this is already so. */
  async deskFor(scene: Scene): Promise<Desk> {
    const desk = await this.#desk();
    await SCENES[scene](desk);
    return desk;
  }

  /** Returns the names of the steps of an apply without a fault. */
  async steps(scene: Scene): Promise<readonly string[]> {
    const known = this.#steps.get(scene);
    if (known !== undefined) return known;
    const desk = await this.deskFor(scene);
    const life = await desk.live();
    expect(life.code, life.said).toBe(0);
    await desk.clear();
    this.#steps.set(scene, life.steps);
    return life.steps;
  }

  /** Returns the number of the first step of this name. */
  async stepOf(scene: Scene, name: string): Promise<number> {
    const steps = await this.steps(scene);
    expect(steps).toContain(name);
    return steps.indexOf(name) + 1;
  }

  async #desk(): Promise<Desk> {
    const user = `user${++this.#desks}`;
    const desk = new Desk(this, user, await mkdtemp(join(this.folder, "host-")));
    await desk.prepare();
    return desk;
  }
}

const token = z.object({
  auth: z.object({ client_token: z.string(), accessor: z.string() }),
});
const accessors = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const info = z.object({ data: z.object({ meta: z.record(z.string(), z.string()).nullish() }) });

const held = z.object({
  data: z.object({ accessor: z.string(), bound_cidrs: z.array(z.string()).optional() }),
});
type Held = z.infer<typeof held>["data"];

/** How an apply ended. */
export interface Life {
  /** The exit code of the operator's command; null when it was killed. */
  readonly code: number | null;
  readonly result: z.infer<typeof applyResult> | undefined;
  readonly said: string;
  /** The names of the steps that the host's processes took, in their order. */
  readonly steps: readonly string[];
}

/** A workstation, its user, and the operator who applies its plan. */
export class Desk {
  readonly user: string;
  readonly folder: string;
  readonly #workshop: Workshop;
  #plan: FleetPlan;

  constructor(workshop: Workshop, user: string, folder: string) {
    this.#workshop = workshop;
    this.user = user;
    this.folder = folder;
    this.#plan = workshop.plan(user);
  }

  async prepare(): Promise<void> {
    await mkdir(join(this.#root, "etc/systemd/system"), { recursive: true });
    await mkdir(join(this.#root, "home", this.user), { recursive: true });
    await writeFile(join(this.#root, "etc/machine-id"), `${"1".repeat(32)}\n`);
    await writeFile(join(this.folder, "units.json"), "[]");
    for (const user of this.#plan.workstations.flatMap(({ users }) => users)) {
      await this.#workshop.bao.root("POST", `sys/policies/acl/${user.policy}`, { policy: userPolicy(user) });
    }
  }

  /** Changes the settings of Vault for all later applies. */
  want(vault: Partial<VaultPlan>): void {
    this.#plan = { ...this.#plan, vault: { ...this.#plan.vault, ...vault } };
  }

  get #root(): string {
    return join(this.folder, "root");
  }

  get stolen(): string {
    return join(this.folder, "stolen");
  }

  #config(name: string): string {
    return join(this.#root, "home", this.user, ".config/claude-auth-sync", name);
  }

  /** Runs one apply with a fault, and waits for the end of all its processes. */
  async live(injection: Injection = NOTHING): Promise<Life> {
    const stage: Stage = {
      root: this.#root,
      users: [this.user],
      program: { bytes: BYTES, sha256: PROGRAM.sha256 },
      injection,
      log: join(this.folder, "steps.log"),
      units: join(this.folder, "units.json"),
      vaultPid: this.#workshop.bao.pid,
      stolen: this.stolen,
    };
    const stageFile = join(this.folder, "stage.json");
    await writeFile(stageFile, JSON.stringify(stage));
    await writeFile(stage.log, "");
    const [workstation] = this.#plan.workstations;
    if (workstation === undefined) throw new Error("The plan has no workstation.");
    const request = applyInput(this.#plan, workstation, hostPlan(this.#plan, workstation, PROGRAM));
    const env = {
      ...process.env,
      PATH: `${this.#workshop.folder}${delimiter}${process.env["PATH"] ?? ""}`,
      VAULT_TOKEN: this.#workshop.bao.rootToken,
      [STAGE]: stageFile,
    };
    const ended = await start(process.execPath, [CLI_BUNDLE, "host", "apply"], {
      cwd: ROOT,
      env,
      input: JSON.stringify(request),
    });
    await this.#settle();
    const steps = (await readFile(stage.log, "utf8")).split("\n").filter((line) => line !== "");
    const result = ended.exitCode === 0 ? applyResult.parse(JSON.parse(ended.stdout)) : undefined;
    return { code: ended.exitCode ?? null, result, said: ended.stderr, steps };
  }

  /** Waits for the end of the host's processes, which may outlive the operator's. */
  async #settle(): Promise<void> {
    for (;;) {
      const lines: string[] = [];
      for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
        const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
        if (environment.includes(`${STAGE}=${this.folder}/`)) lines.push(pid);
      }
      if (lines.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Replaces the user's token by another token of the fleet and user, which has one policy too many. */
  async exchangeToken(): Promise<void> {
    const policies = [`claude-prod-${this.user}`, "claude-prod-other"];
    const body = { policies, meta: { fleet: "prod", user: this.user, host: hostOf(this.user) } };
    const made = await this.#workshop.bao.root("POST", "auth/token/create/claude-prod", body);
    await writeFile(this.#config("vault-token"), token.parse(made).auth.client_token);
  }

  /** Looks up the token in the user's file; undefined when Vault refuses it. */
  async held(): Promise<Held | undefined> {
    const content = (await readFile(this.#config("vault-token"), "utf8")).trim();
    const self = await this.#workshop.bao.ask(content, { method: "GET", path: "auth/token/lookup-self" });
    return self.status === 200 ? held.parse(self.body).data : undefined;
  }

  /** Returns the HTTP status of a request with the user's token from this address of loopback. */
  async statusFrom(localAddress: string): Promise<number | undefined> {
    const content = (await readFile(this.#config("vault-token"), "utf8")).trim();
    const url = `${this.#workshop.bao.address}/v1/auth/token/lookup-self`;
    const call = request(url, { localAddress, agent: false, headers: { "X-Vault-Token": content } }).end();
    const [response] = (await once(call, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  }

  /** Returns the accessors of all living tokens of this desk's user. */
  async alive(): Promise<readonly string[]> {
    const { bao } = this.#workshop;
    const { keys } = accessors.parse(await bao.root("GET", "auth/token/accessors?list=true")).data;
    const own: string[] = [];
    for (const accessor of keys) {
      const request = { method: "POST", path: "auth/token/lookup-accessor", body: { accessor } } as const;
      const { status, body } = await bao.ask(bao.rootToken, request);
      if (status === 200 && info.parse(body).data.meta?.["user"] === this.user) own.push(accessor);
    }
    return own;
  }

  /** Expects that the next apply succeeds and leaves everything in order. Clears the desk. */
  async expectRecovery(at: string): Promise<void> {
    const next = await this.live();
    expect(next.code, `${at}: ${next.said}`).toBe(0);
    await this.expectInOrder(at);
    await this.clear();
  }

  /** Expects the state after an apply without a fault: one living token, whose accessor is recorded, and no leftover. */
  async expectInOrder(at: string): Promise<void> {
    const accessor = (await this.held())?.accessor;
    expect(accessor, at).toBeDefined();
    expect(await this.alive(), at).toEqual([accessor]);
    expect((await readFile(this.#config("vault-accessor"), "utf8")).trim(), at).toBe(accessor);
    const ledger = JSON.parse(
      await readFile(join(this.#root, "etc/claude-fleet/prod/enrolled.json"), "utf8"),
    ) as Record<string, { accessor: string }>;
    expect(ledger[this.user]?.accessor, at).toBe(accessor);
    const files = await readdir(this.folder, { recursive: true });
    expect(
      files.filter((name) => name.endsWith(".tmp")),
      at,
    ).toEqual([]);
    const units = JSON.parse(await readFile(join(this.folder, "units.json"), "utf8")) as string[];
    expect(units.sort(), at).toEqual(
      [
        "claude-auth-sync-now@.path",
        "claude-auth-sync@.path",
        "claude-auth-sync@.timer",
        "claude-fleet-assert.timer",
        "claude-fleet-collect.timer",
      ].map((unit) => unit.replace("@", `@${this.user}`)),
    );
  }

  /** Revokes all tokens of this desk and removes its folder. */
  async clear(): Promise<void> {
    const { bao } = this.#workshop;
    for (const accessor of await this.alive())
      await bao.root("POST", "auth/token/revoke-accessor", { accessor });
    await rm(this.folder, { recursive: true });
  }
}
