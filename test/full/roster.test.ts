/** A changed roster changes exactly what it says. Users leave, come back and arrive. An impossible roster is refused. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import {
  expectSuccess,
  pulumi,
  restoreStack,
  up,
  type Operation,
  type PulumiRun,
} from "../support/environment/pulumi.ts";
import {
  committedRoster,
  settingsWith,
  without,
  withUsers,
  type Roster,
} from "../support/environment/roster.ts";
import {
  askVault,
  backup,
  backupMetadata,
  lookUp,
  policyOf,
  PREFIX,
  statusOfToken,
} from "../support/environment/vault.ts";
import {
  logIn,
  onWorkstation,
  person,
  placesOf,
  awaitRest,
  runService,
  unwatch,
  watch,
  timers,
  vaultTokenOf,
} from "../support/environment/workstation.ts";

let environment: DevEnvironment;
let roster: Roster;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  roster = await committedRoster();
  // As if they had never been here, whichever test had them before.
  for (const user of ["john.doe", "anca_elena98"]) {
    const path = `secret/metadata/${PREFIX}/${user}`;
    await askVault(environment, environment.vault.token, { method: "DELETE", path });
    await onWorkstation(
      environment,
      `rm -rf /home/${user}/.claude /home/${user}/.local/state/claude-auth-sync`,
    );
  }
});

afterAll(async () => {
  await restoreStack(environment);
});

async function apply(wanted: Roster | string, settings: Readonly<Record<string, unknown>> = {}) {
  return up(environment, { configFile: await settingsWith(wanted, settings) });
}

/** What every refusal must leave as it is. */
async function seen(): Promise<string> {
  const places = "/etc/claude-fleet/*/generation /etc/systemd/system/claude-auth-sync*";
  const tokens = ["alice", "bob", "carol"].map((user) => placesOf(user).token).join(" ");
  return onWorkstation(
    environment,
    `cat /etc/claude-fleet/*/generation; stat -c '%i %Y %n' ${places} ${tokens}`,
  );
}

async function timerUsers(): Promise<readonly string[]> {
  const { timers: all } = await timers(environment);
  return all.map(({ unit }) => /@(.*)\.timer$/.exec(unit)?.[1] ?? unit).sort();
}

/** Each operation as "op name", sorted: the order is the engine's. */
const lines = (operations: readonly Operation[]) => operations.map(({ op, name }) => `${op} ${name}`).sort();

/** What there is of one user in Vault: the same things whether they come or go. */
const accessOf = (op: string, user: string) =>
  ["", "-policy", "-metadata"].map((suffix) => `${op} ${user}${suffix}`);

describe("a roster that must be a mistake", () => {
  let before: string;
  beforeAll(async () => {
    before = await seen();
  });

  async function expectRefusal(ended: PulumiRun): Promise<void> {
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.operations.filter(({ type }) => type !== "pulumi:pulumi:Stack")).toEqual([]);
    expect(ended.output).toContain("nothing was changed");
    expect(await seen()).toBe(before);
  }

  it("is refused with every error of it, each at its file, line and column", async () => {
    const text = [
      "workstations:",
      "  devvm:",
      "    ssh: devvm",
      "    vaultAdress: https://vault.dev.internal:8200",
      "users:",
      "  alice:",
      "    workstation: devvn",
      "    email: alice.example.com",
      "  ../x:",
      "    workstation: devvm",
      "    email: x@example.com",
      "  bob:",
      "    workstation: devvm",
      "    email: bob@example.com",
      "    renewal: maybe",
      "",
    ].join("\n");
    const ended = await apply(text);
    await expectRefusal(ended);
    const at = (line: number, column: number, path: string) =>
      expect(ended.output).toContain(`.${checkout.environment}/e2e/roster.yaml:${line}:${column}  ${path}: `);
    at(4, 5, "workstations.devvm.vaultAdress");
    at(7, 18, "users.alice.workstation");
    at(8, 12, "users.alice.email");
    at(9, 3, 'users."../x"');
    at(15, 14, "users.bob.renewal");
  });

  it("is refused when it is empty", async () => {
    const ended = await apply({ ...roster, users: {} });
    await expectRefusal(ended);
    expect(ended.output).toContain("The roster names no user");
    expect(ended.output).toContain("pulumi destroy");
  });

  it("is refused when it changes more users than the settings allow", async () => {
    const ended = await apply(without(roster, "alice", "bob"), { renewal: { maxChangesPerUp: 1 } });
    await expectRefusal(ended);
    expect(ended.output).toContain("unenrol 2 users (alice, bob)");
    expect(ended.output).toContain("maxChangesPerUp");
  });
});

describe("a user who leaves the roster, and one who is no longer renewed", () => {
  const former = new Map<string, string>();
  let backups: readonly unknown[];
  let carol: string;
  let ended: PulumiRun;

  const carolsFiles = () => onWorkstation(environment, `stat -c '%i %Y' ${placesOf("carol").token}`);
  const backupsNow = () =>
    Promise.all(
      ["alice", "bob"].map(async (user) => [
        await backup(environment, user),
        await backupMetadata(environment, user),
      ]),
    );

  beforeAll(async () => {
    for (const user of ["alice", "bob"]) {
      await unwatch(environment, user);
      await logIn(environment, user);
      expect(await runService(environment, user)).toMatchObject({ code: 0 });
      await watch(environment, user);
      former.set(user, (await vaultTokenOf(environment, user)) ?? "");
    }
    [backups, carol] = [await backupsNow(), await carolsFiles()];
    ended = await apply(
      withUsers(without(roster, "bob"), { alice: { ...roster.users["alice"], renewal: false } }),
    );
  });

  it("takes their things away and no other user's", async () => {
    expectSuccess(ended);
    expect(lines(ended.operations)).toEqual(
      [
        ...accessOf("delete", "alice"),
        ...accessOf("delete", "bob"),
        "update devvm-apply",
        "update devvm-retire",
      ].sort(),
    );
    expect(await carolsFiles()).toBe(carol);
  });

  it("leaves them no timer, no unit and no token on the workstation", async () => {
    expect(await timerUsers()).toEqual(["carol"]);
    for (const user of ["alice", "bob"]) {
      expect(await vaultTokenOf(environment, user)).toBeUndefined();
      const units = `ls -d /etc/systemd/system/claude-auth-sync@${user}.* 2>/dev/null || true`;
      expect(await onWorkstation(environment, units)).toBe("");
    }
  });

  it("kills their tokens and keeps their backups and their logins", async () => {
    for (const token of former.values()) expect(await statusOfToken(environment, token)).toBe(403);
    expect(await backupsNow()).toEqual(backups);
    const logins = ["alice", "bob"].map((user) => placesOf(user).credentials).join(" ");
    await onWorkstation(environment, `test -s ${logins.replace(" ", " && test -s ")}`);
  });
});

describe("users who come back, and users with names that a program may trip over", () => {
  const NEW = ["anca_elena98", "john.doe"] as const;
  const entry = (user: string) => ({ workstation: "devvm", email: person(user).email });
  let ended: PulumiRun;
  let carolsAccessor: string;

  const accessorOf = async (user: string) =>
    (await lookUp(environment, (await vaultTokenOf(environment, user)) ?? "")).accessor;

  beforeAll(async () => {
    carolsAccessor = await accessorOf("carol");
    ended = await apply(withUsers(roster, Object.fromEntries(NEW.map((user) => [user, entry(user)]))));
  });

  it("get their things, and no other user's are touched", async () => {
    expectSuccess(ended);
    expect(lines(ended.operations)).toEqual(
      [
        ...["alice", "bob", ...NEW].flatMap((user) => accessOf("create", user)),
        "update devvm-apply",
        "update devvm-retire",
      ].sort(),
    );
    expect(await timerUsers()).toEqual(["alice", ...NEW.slice(0, 1), "bob", "carol", ...NEW.slice(1)].sort());
    expect(await accessorOf("carol")).toBe(carolsAccessor);
  });

  it("are told how to log in, where they never have", () => {
    for (const user of NEW)
      expect(ended.stdout).toContain(`claude auth login --claudeai --sso --email ${person(user).email}`);
  });

  it.each([...NEW, "alice", "bob"])("have a Vault token of their own: %s", async (user) => {
    expect(await lookUp(environment, (await vaultTokenOf(environment, user)) ?? "")).toMatchObject({
      policies: [policyOf(user)],
      orphan: true,
      meta: { user },
    });
  });

  it("are awaited until they log in", async () => {
    const ran = await runService(environment, "anca_elena98");
    expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
    expect(ran.journal).toMatch(/^INFO user=anca_elena98 class=awaiting-login /);
  });

  it("are renewed all the way through once they have", async () => {
    const token = await logIn(environment, "john.doe");
    // The path unit has seen the login too, and may be first.
    await vi.waitFor(async () => expect(await backup(environment, "john.doe")).toBeDefined(), 60_000);
    await awaitRest(environment, "john.doe");
    const ran = await runService(environment, "john.doe");
    expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
    expect(ran.journal).toMatch(
      /^OK user=john\.doe class=ok reason=\S+ fleet=\S+ backup=(?:written|unchanged) /,
    );
    const stored = await backup(environment, "john.doe");
    expect(String(stored?.data["claude_ai_oauth_json"])).toContain(token);
  });

  it("are told to log in no longer then, though the next up changes nothing", async () => {
    const unchanged = await apply(
      withUsers(roster, Object.fromEntries(NEW.map((user) => [user, entry(user)]))),
    );
    expectSuccess(unchanged);
    expect(unchanged.operations).toEqual([]);
    const output = await pulumi(environment, ["stack", "output", "awaitingLogin", "--json"]);
    expect(Object.keys(JSON.parse(output.stdout) as object)).toEqual(["anca_elena98", "carol"]);
  });

  it("go on where they were, when they had been renewed before", async () => {
    for (const user of ["alice", "bob"]) {
      const ran = await runService(environment, user);
      expect(ran.journal).toMatch(
        new RegExp(`^OK user=${user} class=ok reason=\\S+ fleet=\\S+ backup=unchanged `),
      );
    }
  });
});
