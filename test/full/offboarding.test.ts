/** A user whose account gets another name stays who they are for Vault; one who leaves keeps their backups until the settings name them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { differencesIn, operationsOf } from "../support/drift/world.ts";
import { renewAfresh } from "../support/environment/operator.ts";
import { expectSuccess, preview, restoreStack, up, type PulumiRun } from "../support/environment/pulumi.ts";
import {
  committedSetting,
  committedRoster,
  settingsWith,
  without,
  type Roster,
} from "../support/environment/roster.ts";
import { backup, backupMetadata, lookUp, policyOf } from "../support/environment/vault.ts";
import {
  awaitRest,
  onWorkstation,
  placesOf,
  runService,
  timers,
  vaultTokenOf,
} from "../support/environment/workstation.ts";

const NEW = "alice.smith";
let environment: DevEnvironment;
let roster: Roster;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  roster = await committedRoster();
  await renewAfresh(environment, "alice");
});

/** What an administrator types when somebody gets another name. */
async function renameAccount(from: string, to: string): Promise<void> {
  const units = ["timer", "path", "service"].map((kind) => `claude-auth-sync@${from}.${kind}`).join(" ");
  await onWorkstation(
    environment,
    `systemctl stop ${units}; usermod -l ${to} -d /home/${to} -m ${from} && groupmod -n ${to} ${from}`,
  );
}

async function timerUsers(): Promise<readonly string[]> {
  const { timers: all } = await timers(environment);
  return all.map(({ unit }) => /@(.*)\.timer$/.exec(unit)?.[1] ?? unit).sort();
}

describe("a user whose account has another name", () => {
  let configFile: string;
  let token: string | undefined;
  let stored: unknown;
  let seen: PulumiRun;
  let ended: PulumiRun;

  beforeAll(async () => {
    token = await vaultTokenOf(environment, "alice");
    stored = await backup(environment, "alice");
    await renameAccount("alice", NEW);
    const renamed = { ...roster.users["alice"], formerly: "alice" };
    const users = { ...without(roster, "alice").users, [NEW]: renamed };
    configFile = await settingsWith({ ...roster, users });
    seen = await preview(environment, { configFile, args: ["--diff", "--expect-no-changes"] });
    ended = await up(environment, { configFile });
  });
  afterAll(async () => {
    await renameAccount(NEW, "alice");
    await restoreStack(environment);
  });

  it("is named by a preview", () => {
    expect(differencesIn(seen), seen.output).toContain(
      `workstation devvm: user ${NEW}: is still enrolled here as alice`,
    );
    expect(seen.code).toBe(7);
  });

  it("is a matter of the workstation alone: nothing is made or taken away in Vault", () => {
    expect(operationsOf(expectSuccess(ended))).toEqual(["update devvm-apply", "update devvm-retire"]);
  });

  it("keeps the token and the backup", async () => {
    expect(token).toBeDefined();
    expect(await vaultTokenOf(environment, NEW)).toBe(token);
    expect(await lookUp(environment, token ?? "")).toMatchObject({
      policies: [policyOf("alice")],
      meta: { user: "alice" },
    });
    expect(await backup(environment, "alice")).toEqual(stored);
  });

  it("is renewed by the new name, and by no other", async () => {
    expect(await timerUsers()).toEqual([NEW, "bob", "carol"]);
    await awaitRest(environment, NEW);
    const ran = await runService(environment, NEW);
    expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
    expect(ran.journal).toMatch(/^OK user=alice\.smith class=ok reason=\S+ fleet=\S+ backup=unchanged /);
  });

  it("leaves nothing for a second up", async () => {
    const clean = await preview(environment, { configFile, args: ["--expect-no-changes"] });
    expect(clean.code, clean.output).toBe(0);
    const units = String.raw`find /etc/systemd/system -regex '.*@alice\.\(service\|timer\|path\).*'`;
    expect(await onWorkstation(environment, units)).toBe("");
  });
});

describe("a user who has left", () => {
  afterAll(async () => {
    await restoreStack(environment);
  });

  it("keeps their backups", async () => {
    expectSuccess(await up(environment, { configFile: await settingsWith(without(roster, "alice")) }));
    expect(await backup(environment, "alice")).toBeDefined();
  });

  it("loses them once the settings name them, and no other user does", async () => {
    const bobs = await backupMetadata(environment, "bob");
    const configFile = await settingsWith(without(roster, "alice"), {
      renewal: { ...(await committedSetting("renewal")), purgeBackupsOf: ["alice"] },
    });
    const seen = await preview(environment, { configFile, args: ["--diff", "--expect-no-changes"] });
    expect(differencesIn(seen), seen.output).toEqual([
      expect.stringMatching(/^Vault: backups of alice \(.*\): there are some since \S+, and purgeBackupsOf/),
    ]);
    expect(seen.code).toBe(7);
    const ended = expectSuccess(await up(environment, { configFile }));
    expect(operationsOf(ended)).toContain("create alice-purge");
    expect(await backup(environment, "alice")).toBeUndefined();
    expect(await backupMetadata(environment, "alice")).toBeUndefined();
    expect(await backupMetadata(environment, "bob")).toEqual(bobs);
    const clean = await preview(environment, { configFile, args: ["--expect-no-changes"] });
    expect(clean.code, clean.output).toBe(0);
  });

  it("may not be renewed at the same time", async () => {
    const configFile = await settingsWith(roster, { renewal: { purgeBackupsOf: ["alice"] } });
    const refused = await preview(environment, { configFile });
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain("is renewed: the roster has users.alice");
  });

  it("comes back with a home that is as they left it", async () => {
    expectSuccess(await up(environment));
    await onWorkstation(environment, `test -s ${placesOf("alice").credentials}`);
    expect(await timerUsers()).toEqual(["alice", "bob", "carol"]);
  });
});
