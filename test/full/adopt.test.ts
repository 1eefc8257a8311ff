/** A workstation that runs the original is taken over without a gap: its roster, units, tokens and backups. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { differencesIn } from "../support/drift/world.ts";
import {
  expectSuccess,
  preview,
  pulumi,
  restoreStack,
  up,
  type PulumiRun,
} from "../support/environment/pulumi.ts";
import {
  committedSetting,
  committedRoster,
  settingsWith,
  type Roster,
} from "../support/environment/roster.ts";
import { printed } from "../support/environment/run.ts";
import { asAdmin, backup, lookUp, policyOf, statusOfToken } from "../support/environment/vault.ts";
import {
  awaitRest,
  logIn,
  onWorkstation,
  placesOf,
  readCredentials,
  runService,
  timers,
  unwatch,
  vaultTokenOf,
  watch,
} from "../support/environment/workstation.ts";
import {
  backUpByOriginal,
  enrolByOriginal,
  installOriginal,
  originalPolicy,
  SIBLING,
} from "../support/environment/original.ts";

/** Users of the original; the last one is parked. */
const USERS = ["alice", "bob", "dave"] as const;
const ORIGINAL_ROSTER = `users:
  alice: { authentik_user: alice, tier: admin, code_layout: flat, repos: [infra] }
  bob: { authentik_user: bob, tier: power-user, claude_auth: true }
  carol: { authentik_user: carol, tier: power-user }
  dave: { authentik_user: dave, tier: power-user, parked: true }
`;
const UNITS = ["service", "timer"].map((kind) => `/etc/systemd/system/claude-auth-sync@.${kind}`);
const GAPS = "/run/claude-fleet-test-gaps";

let environment: DevEnvironment;
let roster: Roster;
let seen: PulumiRun;
let ended: PulumiRun;
let gaps: string;
const former = new Map<string, string>();

/** The roster that the import makes of the original's, with Vault's address as the development workstation needs it. */
async function importedRoster(): Promise<Roster> {
  const folder = await mkdtemp(join(tmpdir(), "claude-fleet-original-"));
  try {
    const file = join(folder, "roster.yaml");
    await writeFile(file, ORIGINAL_ROSTER);
    const args = ["import", file, "--ssh", "devvm", "--email-domain", "example.com"];
    const text = await printed("node", ["dist/claude-fleet.mjs", ...args], { cwd: checkout.root });
    return { ...(parse(text) as Roster), workstations: (await committedRoster()).workstations };
  } finally {
    await rm(folder, { recursive: true });
  }
}

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  for (const user of ["alice", "bob"]) {
    await unwatch(environment, user);
    await logIn(environment, user);
    await watch(environment, user);
  }
  expectSuccess(await pulumi(environment, ["destroy", "--yes", "--skip-preview"]));
  for (const user of USERS) former.set(user, await enrolByOriginal(environment, user));
  for (const user of ["alice", "bob"]) await backUpByOriginal(environment, user);
  // Bob's login is lost, and the original's backup is all that there is.
  await onWorkstation(environment, `rm ${placesOf("bob").credentials}`);
  await installOriginal(environment, [...USERS, "john.doe"]);

  roster = await importedRoster();
  const settings = { renewal: { ...(await committedSetting("renewal")), adopt: true } };
  const configFile = await settingsWith(roster, settings);
  seen = await preview(environment, { configFile, args: ["--diff", "--expect-no-changes"] });
  const token = placesOf("alice").token;
  const watching = onWorkstation(
    environment,
    `rm -f ${GAPS} ${GAPS}.end; while [ ! -e ${GAPS}.end ]; do [ -s ${token} ] || echo gap; sleep 0.02; done`,
  );
  ended = await up(environment, { configFile });
  await onWorkstation(environment, `touch ${GAPS}.end`);
  gaps = await watching;
});
afterAll(async () => {
  for (const user of USERS) {
    const path = `sys/policies/acl/${originalPolicy(user)}`;
    await asAdmin(environment, { method: "DELETE", path }, z.unknown());
  }
  await onWorkstation(environment, `rm -f ${GAPS}.end`);
  await restoreStack(environment);
});

describe("a workstation that runs the original", () => {
  it("has a roster of which an import makes this project's", () => {
    expect(roster.users).toEqual({
      alice: { workstation: "devvm", email: "alice@example.com" },
      bob: { workstation: "devvm", email: "bob@example.com" },
      carol: { workstation: "devvm", email: "carol@example.com" },
      dave: { workstation: "devvm", email: "dave@example.com", renewal: false },
    });
  });

  it("is shown by a preview with all that is taken over", () => {
    const differences = differencesIn(seen);
    for (const unit of UNITS)
      expect(differences, seen.output).toContain(
        `workstation devvm: file ${unit}: is not claude-fleet's; the apply replaces it`,
      );
    expect(differences).toContain(
      "workstation devvm: user john.doe: has a timer or path unit here but is in no roster",
    );
    expect(seen.code, seen.output).toBe(7);
  });

  it("is taken over by one up, which says what it has replaced", () => {
    expectSuccess(ended);
    for (const unit of UNITS) {
      const copy = `/var/lib/claude-fleet/replaced${unit}`;
      expect(ended.output).toContain(
        `took over ${unit}, which was not claude-fleet's; the former file is kept as ${copy}`,
      );
    }
    for (const user of USERS)
      expect(ended.output).toContain(
        `revoked the token of ${user} with the original runbook's policy ${originalPolicy(user)}`,
      );
  });

  it("keeps the replaced files", async () => {
    const kept = await onWorkstation(
      environment,
      "cat /var/lib/claude-fleet/replaced/etc/systemd/system/claude-auth-sync@.timer",
    );
    expect(kept).toContain("OnUnitActiveSec=6h");
  });

  it("is without a token at no moment, and then has one of the fleet's", async () => {
    expect(gaps).toBe("");
    for (const user of ["alice", "bob"]) {
      const token = (await vaultTokenOf(environment, user)) ?? "";
      expect((await lookUp(environment, token)).policies).toEqual([policyOf(user)]);
    }
    for (const token of former.values()) expect(await statusOfToken(environment, token)).toBe(403);
  });

  it("has the fleet's timers, and none of those who are parked or in no roster", async () => {
    const { timers: all } = await timers(environment);
    expect(all.map(({ unit }) => unit).sort()).toEqual(
      ["alice", "bob", "carol"].map((user) => `claude-auth-sync@${user}.timer`),
    );
    expect(await vaultTokenOf(environment, "dave")).toBeUndefined();
  });

  it("stores the next login in the original's entry, and leaves what is beside it", async () => {
    await awaitRest(environment, "alice");
    const ran = await runService(environment, "alice");
    expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
    expect((await backup(environment, "alice"))?.data).toMatchObject({
      ...SIBLING,
      machine_id: expect.any(String) as string,
    });
  });

  it("gets a lost login back from the original's backup", async () => {
    await awaitRest(environment, "bob");
    const ran = await runService(environment, "bob");
    expect(ran.journal).toMatch(/^OK user=bob class=ok /);
    expect(await readCredentials(environment, "bob")).toContain("claudeAiOauth");
    expect((await backup(environment, "bob"))?.data).toMatchObject({
      ...SIBLING,
      machine_id: expect.any(String) as string,
    });
  });
});
