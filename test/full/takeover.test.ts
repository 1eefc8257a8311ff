/** Today's code takes over what the former release has applied: its state, its hosts and its containers. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { differencesIn, operationsOf } from "../support/drift/world.ts";
import { expectSuccess, type PulumiRun } from "../support/environment/pulumi.ts";
import { LAB } from "../support/environment/second-host.ts";
import { RULES, TakeoverFleet, USERS, type Kept } from "../support/environment/takeover-fleet.ts";
import { updatesIn } from "../support/environment/updates.ts";
import { statusOfToken } from "../support/environment/vault.ts";
import { placesOf } from "../support/environment/workstation.ts";

const [USER] = USERS;
const UNIT = "/etc/systemd/system/claude-auth-sync@.service";

let environment: DevEnvironment;
let fleet: TakeoverFleet;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  fleet = await TakeoverFleet.open(environment);
});

afterAll(() => fleet?.close());

/** Returns the users' Vault tokens. */
const tokens = () => Promise.all(USERS.map((user) => fleet.host.run(`cat ${placesOf(user).token}`)));
/** Returns the HTTP status with which Vault answers each token. */
const statuses = (all: readonly string[]) =>
  Promise.all(all.map((token) => statusOfToken(environment, token.trim())));

const NEWER = "is unchanged since the last apply, but the plan has a new version";
const SYSTEM = "/etc/systemd/system";
/** Drifts of the files of a workstation that the former release has applied, sorted. */
const CHANGED_FILES = [
  "/etc/polkit-1/rules.d/50-claude-fleet.rules: is not in the plan any more",
  `${SYSTEM}/claude-auth-sync-backup@.service: ${NEWER}`,
  `${SYSTEM}/claude-auth-sync-now@.path: is missing`,
  `${SYSTEM}/claude-auth-sync-now@.service: is missing`,
  `${SYSTEM}/claude-auth-sync-recheck@.service: ${NEWER}`,
  `${SYSTEM}/claude-fleet-assert.service: ${NEWER}`,
  `${SYSTEM}/claude-fleet-collect.service: ${NEWER}`,
  "/usr/local/bin/claude-auth-sync: is missing",
];

/** Returns the paths of the fleet on the workstation. */
const leftOnHost = () =>
  fleet.host.run(
    "ls -d /etc/claude-fleet /usr/local/lib/claude-fleet /var/lib/claude-fleet /etc/systemd/system/*claude* /etc/polkit-1/rules.d/*claude* /usr/local/bin/claude-auth-sync /home/*/.config/claude-auth-sync/* 2>/dev/null || true",
  );

describe("what the former release has applied", () => {
  let before: Kept;
  let seen: PulumiRun;

  beforeAll(async () => {
    expectSuccess(await fleet.applyByFormer());
    await fleet.logIn(USER);
    expect(await fleet.runAgent(USER)).toMatch(/OK user=john\.doe class=ok .*backup=written/);
    before = await fleet.kept();
    seen = await fleet.preview();
  });

  it("differs in program, units, polkit rule, three actions and texts for Prometheus alone", () => {
    expect(seen.code, seen.output).toBe(7);
    expect(operationsOf(seen), seen.output).toEqual([
      "update lab-apply",
      "update shared-stale",
      "update shared/takeover-agent-verify",
      "update shared/takeover-worker-verify",
      "update takeover-rules",
    ]);
    expect(updatesIn(seen)).toEqual([
      expect.stringMatching(
        /^lab-apply: environment\.drift: .*record: holds another plan.*program: is 0\.1\.0-/,
      ),
      expect.stringMatching(/^lab-apply: environment\.program: /),
      expect.stringMatching(/^lab-apply: stdin\.request\.plan\.files\.\/etc\/polkit-1\/.*-> undefined$/),
      ...["now@.path", "now@.service"].map((unit): unknown =>
        expect.stringMatching(
          new RegExp(
            `^lab-apply: stdin\\.request\\.plan\\.files\\./etc/systemd/system/claude-auth-sync-${unit}: undefined -> `,
          ),
        ),
      ),
      expect.stringMatching(
        /^lab-apply: stdin\.request\.plan\.files\.\/usr\/local\/bin\/claude-auth-sync: undefined -> /,
      ),
      expect.stringMatching(/^lab-apply: stdin\.request\.plan\.program\.sha256: /),
      expect.stringMatching(/^lab-apply: stdin\.request\.plan\.program\.version: /),
      'shared-stale: stdin.request.action: "stale-processes" -> "stale"',
      'shared/takeover-agent-verify: stdin.request.action: "verify-container" -> "verify"',
      'shared/takeover-worker-verify: stdin.request.action: "verify-container" -> "verify"',
      expect.stringMatching(
        /^takeover-rules: environment\.drift: .*\/prometheus-rules\.yaml: is .*\/loki-rules\.yaml: is .*\/dashboard\.json: is /,
      ),
      'takeover-rules: stdin.request.action: "place-rules" -> "rules"',
    ]);
    expect(differencesIn(seen)).toEqual([
      ...["dashboard.json", "loki-rules.yaml", "prometheus-rules.yaml"].map((file): unknown =>
        expect.stringMatching(
          new RegExp(String.raw`^monitoring: rules \S+/${file}: is [0-9a-f]{12} instead of [0-9a-f]{12}$`),
        ),
      ),
      ...CHANGED_FILES.map((drift) => `workstation lab: file ${drift}`),
      expect.stringMatching(/^workstation lab: program: is 0\.1\.0-\S+ \S+ instead of 0\.1\.0-\S+ \S+$/),
      "workstation lab: record: holds another plan",
      ...["anca_elena98", USER].flatMap((user) => [
        `workstation lab: user ${user}: a drop-in of the units is missing`,
        `workstation lab: user ${user}: there is no path unit of \`claude-auth-sync now\``,
      ]),
    ]);
  });

  it("is repaired by the program that the former release has installed", async () => {
    const { token } = placesOf(USER);
    await fleet.host.run(`rm ${UNIT} && chmod 644 ${token}`);
    expect((await fleet.repair()).toSorted()).toEqual([
      "2 mended, 0 not",
      `mended: ${UNIT}`,
      `mended: ${USER}: ${token} had the mode 0644`,
    ]);
  });

  it("is repaired by today's program from the plan that the former release has recorded", async () => {
    await fleet.host.run(
      "cat > /root/today.cjs",
      await readFile(join(checkout.root, "dist/claude-fleet-host.cjs"), "utf8"),
    );
    await fleet.host.run(`rm ${UNIT}`);
    const said = await fleet.host.run("node /root/today.cjs assert 2>&1 || echo exit code $?");
    expect(said.trimEnd().split("\n")).toEqual([
      `repaired: ${UNIT}`,
      ...["anca_elena98", USER].flatMap((user) =>
        [`@${user}.service`, `-backup@${user}.service`, `-recheck@${user}.service`, `-now@${user}.path`].map(
          (unit) => `repaired: ${SYSTEM}/claude-auth-sync${unit}.d/10-claude-fleet.conf`,
        ),
      ),
      expect.stringMatching(
        /^error: The running host program has the digest [0-9a-f]{64}, and the plan wants [0-9a-f]{64}/,
      ),
      "9 repaired, 1 not repaired",
      "exit code 1",
    ]);
  });

  it("answers today's operator, who has only the observer's key", async () => {
    const observation = await fleet.observe(seen);
    expect(observation).toMatchObject({
      missing: [],
      conflicts: [],
      recordedAs: LAB,
      generation: 1,
      enrolled: [...USERS].sort(),
    });
    expect(observation.users.map(({ name, token }) => [name, token.health])).toEqual([
      ["anca_elena98", "good"],
      ["dave", "missing"],
      ["john.doe", "good"],
    ]);
  });

  it("is taken over by one `up`, which replaces no container and no token", async () => {
    const ended = expectSuccess(await fleet.apply());
    expect(operationsOf(ended)).toEqual(operationsOf(seen));
    expect(await fleet.kept()).toEqual(before);
    expect(await statuses(await tokens())).toEqual([200, 200]);
  });

  it("is renewed by today's agent from the agent state that the former release has left", async () => {
    const state = async () => JSON.parse(await fleet.host.run(`cat ${placesOf(USER).agentState}`)) as object;
    const former = await state();
    expect(await fleet.runAgent(USER)).toMatch(/OK user=john\.doe class=ok .*backup=unchanged/);
    const { login, vault, written } = former as Readonly<Record<string, unknown>>;
    expect(await state()).toMatchObject({ login, vault, written });
  });

  it("is restored by today's agent from the backup that the former release has written", async () => {
    await fleet.loseLogin(USER);
    expect(await fleet.runAgent(USER)).toMatch(/OK user=john\.doe class=ok reason=restored .*backup=written/);
  });

  it("differs in nothing after that", async () => {
    const clean = await fleet.preview();
    expect(clean.code, clean.output).toBe(0);
    expect(clean.operations).toEqual([]);
  });
});

describe("what the former release has applied, destroyed by today's code", () => {
  beforeAll(async () => {
    expectSuccess(await fleet.destroy());
    expectSuccess(await fleet.applyByFormer());
  });

  it("leaves nothing behind", async () => {
    const all = await tokens();
    expectSuccess(await fleet.destroy());
    expect(await leftOnHost()).toBe("");
    expect(await statuses(all)).toEqual([403, 403]);
    expect(await fleet.containers()).toEqual([]);
    expect(existsSync(RULES)).toBe(false);
  });
});

describe("a workstation that leaves the roster after the former release has applied it", () => {
  beforeAll(async () => {
    expectSuccess(await fleet.applyByFormer());
  });

  it("is removed by today's command, and the containers stay", async () => {
    const all = await tokens();
    const { containers } = await fleet.kept();
    const ended = expectSuccess(await fleet.apply({ workstations: {}, users: {} }));
    expect(operationsOf(ended)).toEqual([
      ...USERS.flatMap((user) => [user, `${user}-metadata`, `${user}-policy`])
        .sort()
        .map((name) => `delete ${name}`),
      // The workstation, and the component that unenrols its users.
      "delete lab",
      "delete lab",
      "delete lab-apply",
      "delete lab-retire",
      "update shared-stale",
      "update shared/takeover-agent-verify",
      "update shared/takeover-worker-verify",
      "update takeover-rules",
      "update takeover-strays",
    ]);
    expect(await leftOnHost()).toBe("");
    expect(await statuses(all)).toEqual([403, 403]);
    expect(await fleet.containers()).toEqual(containers);
  });
});
