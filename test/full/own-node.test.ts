/** A workstation that has never had Node is enrolled, renewed and repaired by the Node that comes with the program. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { claudeLink } from "../../dev/workstation.ts";
import { OWN_NODE, OWN_NODE_FILE, ownNodeBuild } from "../../lib/own-node.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import { committedRoster, settingsWith, withUsers } from "../support/environment/roster.ts";
import { LAB, type SecondHost } from "../support/environment/second-host.ts";
import { bootSecondWorkstation, LAB_ENTRY } from "../support/environment/second-workstation.ts";
import { askVault, backup, lookUp, PREFIX, statusOfToken } from "../support/environment/vault.ts";
import { person, placesOf } from "../support/environment/workstation.ts";

const USER = "john.doe";
const PROGRAMS = "/usr/local/lib/claude-fleet";
const OWN = `${PROGRAMS}/current/${OWN_NODE_FILE}`;
const NOTE = "there is no Node 20 or newer, so the program comes with its own";
/** What is said while it is on its way, as one of the engine's messages. */
const SENT = `"message":"lab has no Node 20 or newer, and is sent ${OWN_NODE.version}`;

let environment: DevEnvironment;
let lab: SecondHost;
let configFile: string;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  // A backup of another machine is never written over, and each test draws another id for this machine.
  const path = `secret/metadata/${PREFIX}/${USER}`;
  await askVault(environment, environment.vault.token, { method: "DELETE", path });
  lab = await bootSecondWorkstation(environment, claudeLink);
  const { workstations, users } = withUsers(await committedRoster(), {
    [USER]: { workstation: LAB, email: person(USER).email },
  });
  configFile = await settingsWith({ workstations: { ...workstations, [LAB]: LAB_ENTRY }, users });
});

afterAll(async () => {
  await restoreStack(environment);
  await lab.remove();
});

const applied = async () => expectSuccess(await up(environment, { configFile }));
const expectNoChanges = async () =>
  expectSuccess(await preview(environment, { configFile, args: ["--expect-no-changes"] }));
/** Everything of the fleet that lies there, and what a delivery may leave. */
const left = () =>
  lab.run(
    `find /etc /usr/local /var/lib/claude-fleet -name '*claude-fleet*' -o -name '*claude-auth-sync*' 2>/dev/null || true
     find /dev/shm /tmp /var/tmp -name 'claude-fleet.*'`,
  );
const digest = async () => (await lab.run(`sha256sum <${OWN}`)).split(" ")[0];
/** The Node that a command starts. */
const startedBy = (command: string) => lab.run(`grep -o "^exec '[^']*'" ${PROGRAMS}/current/${command}`);

it("has no Node", async () => {
  expect(await lab.run("command -v node nodejs || echo none")).toBe("none\n");
});

it("is previewed, which says what it gets and leaves nothing there", async () => {
  const before = await left();
  const seen = expectSuccess(await preview(environment, { configFile }));
  expect(seen.output).toContain(`workstation lab: nothing has been applied here; ${NOTE}`);
  expect(seen.events).toContain(SENT);
  expect(await left()).toBe(before);
});

it("is applied, and then sent nothing any more", async () => {
  const { output } = await applied();
  expect(output).toMatch(/installed the program \S+ with a Node of its own/);
  expect(await lab.run(`stat -c '%a %U' ${OWN}`)).toBe("755 root\n");
  expect(await digest()).toBe(ownNodeBuild("linux", process.arch)?.sha256);
  for (const command of ["claude-auth-sync", "claude-fleet-host"])
    expect(await startedBy(command)).toContain(OWN_NODE_FILE);
  expect((await expectNoChanges()).events).not.toContain(SENT);
});

it("renews its user by systemd with the real CLI, and stores the login", async () => {
  const { claudeAiOauth } = await environment.anthropic.login(person(USER).email);
  await lab.run(`systemctl stop claude-auth-sync@${USER}.path`);
  await lab.run(
    `runuser -u ${USER} -- sh -c 'umask 077; mkdir -p ~/.claude && cat > ~/.claude/.credentials.json'`,
    JSON.stringify({ claudeAiOauth }),
  );
  await lab.run(`systemctl start claude-auth-sync@${USER}.service`);
  expect(await lab.run(`tail -1 ${placesOf(USER).log}`)).toMatch(
    /OK user=john\.doe class=ok .*backup=written/,
  );
  expect(await backup(environment, USER)).toBeDefined();
  expect(await lab.run(`systemctl is-active claude-auth-sync@${USER}.timer`)).toBe("active\n");
});

it("lets the user ask for a run", async () => {
  expect(await lab.run(`runuser -u ${USER} -- claude-auth-sync now`)).toMatch(/^OK user=john\.doe class=ok /);
});

it("repairs itself every hour, the rights of its Node too", async () => {
  await lab.run(`systemctl disable --now claude-auth-sync@${USER}.timer && chmod 700 ${OWN}`);
  await lab.run("systemctl start claude-fleet-assert.service");
  expect(await lab.run(`stat -c %a ${OWN} && systemctl is-active claude-auth-sync@${USER}.timer`)).toBe(
    "755\nactive\n",
  );
  await expectNoChanges();
});

it("names an edited executable as a difference, never starts it, and gets the right one by an up", async () => {
  // The host's own units would start it, and what they do is theirs.
  await lab.run(
    "systemctl stop claude-fleet-collect.timer claude-fleet-assert.timer 'claude-fleet-*.service'",
  );
  await lab.run(`printf '#!/bin/sh\\necho edited >>/run/ran\\n' > /run/edited && cp /run/edited ${OWN}`);
  const seen = expectSuccess(await preview(environment, { configFile }));
  expect(seen.output).toContain(`program: is missing or altered; ${NOTE}`);
  await applied();
  expect(await lab.run("cat /run/ran 2>/dev/null || echo never")).toBe("never\n");
  expect(await digest()).toBe(ownNodeBuild("linux", process.arch)?.sha256);
  await lab.run(`systemctl start claude-auth-sync@${USER}.service`);
  await expectNoChanges();
});

it("keeps nothing when it leaves the roster, its Node neither", async () => {
  const token = (await lab.run(`cat ${placesOf(USER).token}`)).trim();
  expect(await lookUp(environment, token)).toMatchObject({ meta: { user: USER, host: LAB } });
  expectSuccess(await up(environment));
  expect(await statusOfToken(environment, token)).toBe(403);
  expect(await left()).toBe("");
});
