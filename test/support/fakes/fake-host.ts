/** A workstation in a folder: files are real, systemd is a table, users' processes run here on homes in the folder. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runningNode } from "../../../host/running-node.ts";
import type { Session } from "../../../host/session.ts";
import type { Account, HostSystem } from "../../../host/system.ts";
import { USER_TASKS } from "../../../host/as-user/main.ts";
import type { UserTask } from "../../../host/as-user/task-messages.ts";
import type { ProcessEnd } from "../../../lib/process.ts";
import type { FakeVault } from "./fake-vault.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import type { HostPlan } from "../../../contract/host-plan.ts";

const bytes = Buffer.from("the program");

/** The program that the host runs. */
export const program = { version: "1.0.0-abc", sha256: createHash("sha256").update(bytes).digest("hex") };

/** A run of a service, and what it says at its end. */
interface FakeRun {
  readonly exitCode: number;
  readonly lines: readonly string[];
  /** Whether it is over before anybody looks. */
  readonly instant?: boolean;
  /** Called when it ends. */
  readonly atEnd?: () => Promise<void> | void;
}

/** What {@link fakeHost} makes; `people` are the OS users. */
export interface FakeHost {
  readonly root: string;
  readonly system: HostSystem;
  readonly people: Set<string>;
  /** Enabled and running units. */
  readonly units: Set<string>;
  /** Units that are linked to nothing, so that no order but one starts them. */
  readonly masked: Set<string>;
  /** Orders to systemd, without the questions. */
  readonly orders: string[];
  /** Users whose process crashes. */
  readonly broken: Set<string>;
  /** Runs of services that the next starts meet, by unit: each is under way for two looks. */
  readonly runs: Map<string, FakeRun[]>;
  /** Whether systemd forgets a unit as soon as it has ended well. */
  forgetful: boolean;
  /** Whether journald shows a run's lines only after it was asked to catch up. */
  lateJournal: boolean;
  /** Finer states of units, such as `auto-restart`. */
  readonly subStates: Map<string, string>;
  /** Further properties of units, as `Key=Value`. */
  readonly properties: Map<string, string>;
  home(user: string): string;
  /** Number of the user's account; what is in the home belongs to root until a test gives it away. */
  uid(user: string): number;
}

/** Makes a workstation with these OS users. */
export async function fakeHost(...names: readonly string[]): Promise<FakeHost> {
  const root = await temporaryFolder();
  await mkdir(join(root, "etc/systemd/system"), { recursive: true });
  await writeFile(join(root, "etc/machine-id"), `${"1".repeat(32)}\n`);
  const home = (user: string) => join(root, "home", user);
  const uid = (user: string) => 61_000 + names.indexOf(user);
  const people = new Set(names);
  const units = new Set<string>();
  const masked = new Set<string>();
  const orders: string[] = [];
  const broken = new Set<string>();
  const runs = new Map<string, FakeRun[]>();
  const subStates = new Map<string, string>();
  const properties = new Map<string, string>();
  let invocations = 0;
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  for (const name of names) await mkdir(home(name), { recursive: true });

  const system: HostSystem = {
    root,
    owner,
    program: { bytes, sha256: program.sha256 },
    node: runningNode(),
    missing: () => Promise.resolve([]),
    systemctl: async (args) => {
      // A unit for which no run is at hand does not start.
      const idle =
        args[0] === "start" && !args.includes("--no-block") && !runs.get(args.at(-1) ?? "")?.length;
      return { ...ended(await look(args)), code: idle ? 1 : 0 };
    },
    accounts: (wanted) =>
      Promise.resolve(
        new Map(
          wanted
            .filter((name) => people.has(name))
            .map((name): [string, Account] => [
              name,
              { name, uid: uid(name), gid: uid(name), home: home(name) },
            ]),
        ),
      ),
    asUser: async (account, task, input) => {
      if (broken.has(account.name)) return { ...ended("not json"), code: 1 };
      const answer = await USER_TASKS[task](JSON.parse(input) as UserTask);
      return ended(JSON.stringify({ answer }));
    },
    journal: (args) => Promise.resolve(ended(journal(args))),
    checkSudoers: () => Promise.resolve(undefined),
    wait: () => Promise.resolve(),
    lock: () => Promise.resolve({ release: () => Promise.resolve() }),
  };

  const host: FakeHost = {
    ...{ root, system, people, units, masked, orders, broken, runs, subStates, properties, home, uid },
    forgetful: false,
    lateJournal: false,
  };
  const services = new Map<string, { run: FakeRun; invocation: string; looks: number }>();
  let synchronised = false;
  function journal(args: readonly string[]): string {
    if (args.includes("--sync")) synchronised = true;
    if (host.lateJournal && !synchronised) return "";
    const invocation = args.find((arg) => arg.startsWith("_SYSTEMD_INVOCATION_ID="))?.split("=")[1];
    const unit = args.find((arg) => arg.startsWith("_SYSTEMD_UNIT="))?.split("=")[1];
    const found = [...services].find(
      ([name, one]) =>
        one.looks <= 0 && (invocation === undefined ? name === unit : one.invocation === invocation),
    )?.[1];
    return (found?.run.lines ?? []).map((line) => `${line}\n`).join("");
  }
  async function look(args: readonly string[]): Promise<string> {
    for (const [unit, service] of services) {
      if (args[0] === "show" && args.includes(unit) && --service.looks === 0) await service.run.atEnd?.();
    }
    return systemctl(args);
  }
  function systemctl(args: readonly string[]): string {
    const [verb = "", ...rest] = args;
    const named = rest.slice(rest.indexOf("--") + 1);
    if (verb === "show") return named.map(show).join("\n\n");
    if (verb === "list-units") return [...units].map((unit) => `${unit} loaded active waiting\n`).join("");
    orders.push([verb, ...named].join(" "));
    for (const unit of named) {
      if (verb === "unmask") masked.delete(unit);
      if (verb === "enable" && !masked.has(unit)) units.add(unit);
      if (verb === "disable") units.delete(unit);
      const run = verb === "start" ? runs.get(unit)?.shift() : undefined;
      if (run)
        services.set(unit, {
          run,
          invocation: `${++invocations}`.padStart(32, "0"),
          looks: run.instant ? 0 : 2,
        });
    }
    return "";
  }
  function show(unit: string): string {
    const on = units.has(unit);
    const there = existsSync(join(root, "etc/systemd/system", unit.replace(/@.*(?=\.)/, "@")));
    const service = services.get(unit);
    if (service !== undefined) {
      const { looks, run } = service;
      const invocation = host.forgetful && looks <= 0 ? "" : service.invocation;
      const active = looks > 0 ? "activating" : run.exitCode === 0 ? "inactive" : "failed";
      return `ActiveState=${active}\nInvocationID=${invocation}\nExecMainStatus=${run.exitCode}\nResult=${run.exitCode === 0 ? "success" : "exit-code"}\nLoadState=loaded\nUnitFileState=static\nSubState=${subStates.get(unit) ?? "dead"}`;
    }
    return `SubState=${subStates.get(unit) ?? "dead"}\nLoadState=${there ? "loaded" : "not-found"}\nUnitFileState=${masked.has(unit) ? "masked" : on ? "enabled" : "disabled"}\nActiveState=${on ? "active" : "inactive"}\nNeedDaemonReload=no\n${properties.get(unit) ?? ""}`;
  }
  return host;
}

function ended(stdout: string): ProcessEnd {
  return { code: 0, signal: null, stdout, stderr: "", cut: undefined, notRun: undefined };
}

/** A run looks again at once; what may last lasts as long as by default. */
export const noWaits: HostPlan["renewal"]["waits"] = {
  rereadSeconds: 0,
  blankRereadSeconds: 0,
  deadRereadSeconds: 0,
  lockRetrySeconds: 0,
  lockStealSeconds: 1,
  refreshFailingSeconds: 43_200,
  transientSeconds: 86_400,
  unprovenSeconds: 86_400,
  backupRetrySeconds: 300,
};

/** A plan for `users`; a name with `!` is known but not renewed. */
export function fakePlan(
  vault: FakeVault,
  users: readonly string[],
  changes: Partial<HostPlan> = {},
): HostPlan {
  const plan: HostPlan = {
    protocol: 1,
    fleet: "dev",
    host: "devvm",
    program,
    vault: {
      address: vault.address,
      namespace: "",
      caPem: undefined,
      role: "claude-dev",
      tokenPeriodSeconds: 2_764_800,
      tokenBoundCidrs: [],
      rotateTokensAfterSeconds: undefined,
    },
    renewal: {
      everySeconds: 21_600,
      minClaudeVersion: "2.1.225",
      claudeWaitSeconds: 900,
      adopt: false,
      waits: noWaits,
    },
    files: ["sync-backup@.service", "sync@.path", "sync@.service", "sync@.timer"].map((unit) => ({
      path: `/etc/systemd/system/claude-auth-${unit}`,
      mode: "0644",
      content: "# Written by claude-fleet\n",
    })),
    users: users.map((word) => {
      const name = word.replace("!", "");
      return {
        name,
        email: `${name}@example.com`,
        organization: undefined,
        renewal: !word.endsWith("!"),
        formerly: undefined,
        claude: undefined,
        policy: `claude-dev-${name}`,
        dataPath: `secret/data/users/${name}`,
        metadataPath: `secret/metadata/users/${name}`,
      };
    }),
  };
  return { ...plan, ...changes };
}

/** A session whose operator mints from `vault`, revokes what it is asked to, and keeps a record. */
export function fakeSession(vault: FakeVault) {
  const minted: string[] = [];
  const revoked: string[] = [];
  const lines: string[] = [];
  const session: Session = {
    progress: () => undefined,
    line: (line) => lines.push(line),
    gone: false,
    revoke: (_, accessor) => {
      revoked.push(accessor);
      vault.revoke(accessor);
    },
    needToken: (user) => {
      minted.push(user);
      return Promise.resolve({ user, ...vault.mintWrapped(user) });
    },
  };
  return { session, minted, revoked, lines };
}
