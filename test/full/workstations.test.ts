/** Several workstations: users move and swap between them, and a workstation that is away holds up only itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { expectSuccess, preview, restoreStack, up, type Operation } from "../support/environment/pulumi.ts";
import {
  committedRoster,
  settingsWith,
  withUsers,
  without,
  type Roster,
} from "../support/environment/roster.ts";
import { LAB, type SecondHost } from "../support/environment/second-host.ts";
import { bootSecondWorkstation, LAB_ENTRY } from "../support/environment/second-workstation.ts";
import { askVault, FLEET, lookUp, PREFIX, statusOfToken } from "../support/environment/vault.ts";
import { awaitRest, logIn, onWorkstation, person, placesOf } from "../support/environment/workstation.ts";

let environment: DevEnvironment;
let lab: SecondHost;
let committed: Roster;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  committed = await committedRoster();
  // A backup of another machine is never written over, and each test draws another id for this machine.
  const path = `secret/metadata/${PREFIX}/john.doe`;
  await askVault(environment, environment.vault.token, { method: "DELETE", path });
  lab = await bootSecondWorkstation(environment);
});

afterAll(async () => {
  await restoreStack(environment);
  await lab.remove();
});

/** The committed roster with the second workstation, and users on it or elsewhere. */
function rosterWith(places: Readonly<Record<string, string>>, base = committed): Roster {
  const entries = Object.entries(places).map(
    ([user, workstation]) => [user, { ...base.users[user], workstation, email: person(user).email }] as const,
  );
  const { workstations, users } = withUsers(base, Object.fromEntries(entries));
  return { workstations: { ...workstations, [LAB]: LAB_ENTRY }, users };
}

async function apply(roster: Roster) {
  return up(environment, { configFile: await settingsWith(roster) });
}

async function expectNoChanges(roster: Roster): Promise<void> {
  const options = { configFile: await settingsWith(roster), args: ["--expect-no-changes"] };
  expectSuccess(await preview(environment, options));
}

const on = {
  devvm: (shell: string) => onWorkstation(environment, shell),
  lab: (shell: string) => lab.run(shell),
} as const;
type Place = keyof typeof on;

/** A user's token there; empty when there is none. */
const tokenOn = async (place: Place, user: string) =>
  (await on[place](`cat ${placesOf(user).token} 2>/dev/null || true`)).trim();

/** Whose timers are enabled there. */
const timersOn = async (place: Place) =>
  (await on[place]("ls /etc/systemd/system/timers.target.wants"))
    .split("\n")
    .flatMap((unit) => /^claude-auth-sync@(.+)\.timer$/.exec(unit)?.[1] ?? [])
    .sort();

/** Everything of the fleet that lies there. */
const leftOn = (place: Place) =>
  on[place](
    "ls -d /etc/claude-fleet /usr/local/lib/claude-fleet /var/lib/claude-fleet /etc/systemd/system/*claude* /etc/polkit-1/rules.d/*claude* /usr/local/bin/claude-auth-sync /home/*/.config/claude-auth-sync/* 2>/dev/null || true",
  );

const at = (operations: readonly Operation[], name: string) => {
  const found = operations.findIndex((one) => one.name === name);
  expect(found, `${name} was not run`).toBeGreaterThanOrEqual(0);
  return found;
};

async function expectAt(place: Place, user: string): Promise<string> {
  const token = await tokenOn(place, user);
  expect(await lookUp(environment, token)).toMatchObject({ meta: { user, host: place }, orphan: true });
  return token;
}

describe("a second workstation, by a login that is not root", () => {
  it("is applied, and the first is left alone", async () => {
    const before = await onWorkstation(environment, `cat /etc/claude-fleet/${FLEET}/generation`);
    const roster = rosterWith({ "john.doe": LAB });
    expectSuccess(await apply(roster));
    expect(await timersOn("lab")).toEqual(["john.doe"]);
    await expectAt("lab", "john.doe");
    expect(await lab.run(`stat -c '%a %U' ${placesOf("john.doe").token}`)).toBe("600 john.doe\n");
    expect(await lab.run(`stat -c '%a %U' /etc/claude-fleet/${FLEET}/enrolled.json`)).toBe("600 root\n");
    expect(await onWorkstation(environment, `cat /etc/claude-fleet/${FLEET}/generation`)).toBe(before);
    await expectNoChanges(roster);
  });

  it("renews its users, and repairs itself", async () => {
    const { claudeAiOauth } = await environment.anthropic.login(person("john.doe").email);
    await lab.run("systemctl stop claude-auth-sync@john.doe.path");
    await lab.run(
      `runuser -u john.doe -- sh -c 'umask 077; mkdir -p ~john.doe/.claude && cat > ~john.doe/.claude/.credentials.json'`,
      JSON.stringify({ claudeAiOauth }),
    );
    await lab.run("systemctl start claude-auth-sync@john.doe.service");
    expect(await lab.run(`tail -1 ${placesOf("john.doe").log}`)).toMatch(/OK user=john\.doe class=ok /);
    await lab.run(
      "systemctl start claude-fleet-assert.service && systemctl is-active claude-auth-sync@john.doe.path",
    );
  });
});

describe("users who change hosts", () => {
  it("swap in one up: both are retired where they were before either is enrolled", async () => {
    await awaitRest(environment, "alice");
    const former = { alice: await tokenOn("devvm", "alice"), john: await tokenOn("lab", "john.doe") };
    const roster = rosterWith({ alice: LAB, "john.doe": "devvm" });
    const { operations } = expectSuccess(await apply(roster));
    const retired = Math.max(at(operations, "devvm-retire"), at(operations, "lab-retire"));
    expect(Math.min(at(operations, "devvm-apply"), at(operations, "lab-apply"))).toBeGreaterThan(retired);
    for (const token of Object.values(former)) expect(await statusOfToken(environment, token)).toBe(403);
    await expectAt("lab", "alice");
    await expectAt("devvm", "john.doe");
    expect(await tokenOn("devvm", "alice")).toBe("");
    expect(await tokenOn("lab", "john.doe")).toBe("");
    expect(await timersOn("devvm")).toEqual(["bob", "carol", "john.doe"]);
    expect(await timersOn("lab")).toEqual(["alice"]);
    await expectNoChanges(roster);
  });

  it("come back, and go on with the login that they had there", async () => {
    expectSuccess(await apply(rosterWith({ "john.doe": LAB })));
    await expectAt("devvm", "alice");
    await logIn(environment, "alice");
    await awaitRest(environment, "alice");
    const started = "systemctl start claude-auth-sync@alice.service && echo well";
    expect(await onWorkstation(environment, started)).toBe("well\n");
  });
});

describe("a workstation that is away", () => {
  beforeAll(() => lab.run("systemctl stop ssh.socket 2>/dev/null || true; systemctl stop ssh.service"));
  afterAll(() => lab.run("systemctl start ssh.service"));

  // carol leaves the first workstation, john.doe the one that is away. No user who may come from there is enrolled.
  const changed = () => {
    const { workstations, users } = rosterWith({ "john.doe": LAB }, without(committed, "carol"));
    return { workstations, users: { ...users, "john.doe": { ...users["john.doe"], renewal: false } } };
  };

  it("fails the up, which does everything else", async () => {
    const ended = await apply(changed());
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.output).toContain("lab: nothing accepts ssh connections there");
    expect(await timersOn("devvm")).toEqual(["alice", "bob"]);
    expect(await tokenOn("devvm", "carol")).toBe("");
    expect(await timersOn("lab")).toEqual(["john.doe"]);
  });

  it("holds up the users who come from it: no user is enrolled in two places", async () => {
    const ended = await apply(rosterWith({ "john.doe": "devvm" }));
    expect(ended.code, ended.output).not.toBe(0);
    expect(await tokenOn("devvm", "john.doe")).toBe("");
    expect(await timersOn("devvm")).toEqual(["alice", "bob"]);
    expect(await timersOn("lab")).toEqual(["john.doe"]);
  });
});

describe("a workstation that is back", () => {
  it("is finished by the next up", async () => {
    const roster = rosterWith({ "john.doe": "devvm", anca_elena98: LAB });
    expectSuccess(await apply(roster));
    expect(await timersOn("devvm")).toEqual(["alice", "bob", "carol", "john.doe"]);
    expect(await timersOn("lab")).toEqual(["anca_elena98"]);
    await expectNoChanges(roster);
  });

  it("keeps nothing of the fleet when it leaves the roster, and its users' tokens are dead", async () => {
    const token = await expectAt("lab", "anca_elena98");
    // The apply that once waited for its unenrolment fails in the same up.
    await onWorkstation(
      environment,
      "mount -t tmpfs -o ro none /etc/systemd/system/claude-auth-sync@alice.timer.d",
    );
    const ended = await up(environment);
    await onWorkstation(environment, "umount /etc/systemd/system/claude-auth-sync@alice.timer.d");
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.output).not.toContain("integrity");
    expectSuccess(await up(environment));
    expect(await leftOn("lab")).toBe("");
    expect(await statusOfToken(environment, token)).toBe(403);
    expect(await timersOn("devvm")).toEqual(["alice", "bob", "carol"]);
  });
});

describe("a workstation that gets another name in the roster", () => {
  const NEW_NAME = "shop";
  const REFUSED = `nothing was changed: The machine of the workstation ${NEW_NAME} is the workstation devvm of this fleet. To rename it, remove devvm`;
  const renamed = (): Roster => ({
    workstations: { [NEW_NAME]: committed.workstations["devvm"] ?? {} },
    users: Object.fromEntries(
      Object.entries(committed.users).map(([user, entry]) => [user, { ...entry, workstation: NEW_NAME }]),
    ),
  });

  it("is refused, as the tokens there bear the former one", async () => {
    const token = await expectAt("devvm", "alice");
    const seen = await preview(environment, { configFile: await settingsWith(renamed()) });
    expect(seen.code, seen.output).not.toBe(0);
    expect(seen.output).toContain(REFUSED);
    const ended = await apply(renamed());
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.output).toContain(REFUSED);
    expect(await expectAt("devvm", "alice")).toBe(token);
  });

  it("is followed once nothing of the former one is left, with the login that was there", async () => {
    const login = await logIn(environment, "alice");
    const former = await expectAt("devvm", "alice");
    expectSuccess(await apply({ workstations: {}, users: {} }));
    expect(await statusOfToken(environment, former)).toBe(403);
    expectSuccess(await apply(renamed()));
    const token = await tokenOn("devvm", "alice");
    expect(await lookUp(environment, token)).toMatchObject({ meta: { user: "alice", host: NEW_NAME } });
    expect(await onWorkstation(environment, `cat ${placesOf("alice").credentials}`)).toContain(login);
    await expectNoChanges(renamed());
  });

  it("gets the former one back in the same way", async () => {
    expectSuccess(await apply({ workstations: {}, users: {} }));
    expectSuccess(await apply(committed));
    await expectAt("devvm", "alice");
    await expectNoChanges(committed);
  });
});
