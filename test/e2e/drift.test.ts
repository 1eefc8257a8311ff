/** The drift review: what was changed by hand is named in words, applied from a saved plan, and gone. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { differencesIn, operationsOf, worldOf, type World } from "../support/drift/world.ts";
import { SERVICES, type Service } from "../support/environment/containers.ts";
import { claudeFleet } from "../support/environment/operator.ts";
import { expectSuccess, preview, pulumi, restoreStack, up } from "../support/environment/pulumi.ts";
import { asAdmin, policyOf } from "../support/environment/vault.ts";
import { onWorkstation, tryOnWorkstation } from "../support/environment/workstation.ts";

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
});

const UNIT = "/etc/systemd/system/claude-auth-sync@.service";
const DROP_IN = "/etc/systemd/system/claude-auth-sync@alice.service.d/10-claude-fleet.conf";
const PROGRAMS = "/usr/local/lib/claude-fleet";

describe("units, drop-ins and programs that were given to alice", () => {
  afterAll(async () => {
    await onWorkstation(
      environment,
      "rm -f /tmp/held && chown root:root /usr/local && systemctl stop held || true",
    );
    await restoreStack(environment);
  });

  it("are named, and systemd starts no program from there", async () => {
    const uid = (await onWorkstation(environment, "id -u alice")).trim();
    const theirs = `belongs to uid ${uid} and gid 0 instead of root`;
    await onWorkstation(
      environment,
      // alice keeps the unit open for writing, and writes once there is the file /tmp/held.
      `chown alice ${UNIT} ${DROP_IN} ${PROGRAMS} && systemd-run -q --unit held --uid alice sh -c 'exec 3>>${UNIT}; until test -e /tmp/held; do sleep 0.2; done; echo "User=root" >&3'`,
    );
    const seen = await preview(environment, { args: ["--diff", "--expect-no-changes"] });
    expect(differencesIn(seen), seen.output).toEqual(
      [UNIT, DROP_IN, PROGRAMS].toSorted().map((path) => `workstation devvm: ${path}: ${theirs}`),
    );
    expect(seen.code).toBe(7);
    for (const unit of ["claude-auth-sync@bob", "claude-fleet-assert", "claude-fleet-collect"]) {
      const started = await tryOnWorkstation(environment, `systemctl start ${unit}.service`);
      expect(started.code, unit).not.toBe(0);
      const journal = await onWorkstation(
        environment,
        `journalctl --sync; journalctl -q -o cat -n 5 -u ${unit}.service`,
      );
      expect(journal).toContain(`claude-fleet does not start: ${PROGRAMS} belongs to uid ${uid}.`);
    }
  });

  it("are replaced by an up, and what alice holds open reaches no file of root", async () => {
    expectSuccess(await up(environment));
    await onWorkstation(
      environment,
      "touch /tmp/held; until ! systemctl -q is-active held; do sleep 0.2; done",
    );
    const owners = `stat -c '%U:%G %a' ${UNIT} ${DROP_IN} ${PROGRAMS} && grep -c User=root ${UNIT} || true`;
    expect(await onWorkstation(environment, owners)).toBe("root:root 644\nroot:root 644\nroot:root 755\n0\n");
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
    expect((await tryOnWorkstation(environment, "systemctl start claude-fleet-assert.service")).code).toBe(0);
  });

  it("a folder of the system is named, and changed neither by the hourly repair nor by an up", async () => {
    await onWorkstation(environment, "chown alice /usr/local");
    const seen = await preview(environment, { args: ["--expect-no-changes"] });
    expect(seen.code).toBe(7);
    expect(seen.output).toContain("/usr/local: belongs to uid ");
    const ended = await up(environment);
    expect(ended.code).not.toBe(0);
    expect(ended.output).toContain("correct it by `chown root:root /usr/local`");
    expect(await onWorkstation(environment, "stat -c %U /usr/local")).toBe("alice\n");
    await onWorkstation(environment, "chown root:root /usr/local");
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });
});

describe("containers that exist and do not serve", () => {
  const [frozen, cut, renamed] = SERVICES;
  const named = ({ container }: Service, what: string) => `token platform: container ${container}: ${what}`;
  if (frozen === undefined || cut === undefined || renamed === undefined)
    throw new Error("There are five services.");

  afterAll(() => restoreStack(environment));

  it("are named by a preview and by the status", async () => {
    const { docker } = environment;
    await docker.getContainer(frozen.container).pause();
    const [network = ""] = Object.keys(
      (await docker.getContainer(cut.container).inspect()).NetworkSettings.Networks,
    );
    await docker.getNetwork(network).disconnect({ Container: cut.container });
    await docker.getContainer(renamed.container).rename({ name: `${renamed.container}-mine` });
    const seen = await preview(environment, { args: ["--diff", "--expect-no-changes"] });
    expect(differencesIn(seen), seen.output).toEqual(
      [
        named(frozen, "is paused, so its processes are frozen"),
        named(cut, `is not connected to the network ${network}`),
        named(renamed, `has another name now: ${renamed.container}-mine`),
      ].toSorted(),
    );
    expect(seen.code).toBe(7);
    const status = await claudeFleet(environment, "status");
    expect(status.code, status.output).not.toBe(0);
    expect(status.output).toContain("is paused, so its processes are frozen");
  });

  it("are replaced by an up, once", async () => {
    expectSuccess(await up(environment));
    for (const { container } of [frozen, cut, renamed]) {
      const { State, NetworkSettings } = await environment.docker.getContainer(container).inspect();
      expect([State.Status, Object.keys(NetworkSettings.Networks).length], container).toEqual(["running", 1]);
    }
    const clean = await preview(environment, { args: ["--expect-no-changes"] });
    expect(clean.code, clean.output).toBe(0);
  });
});

describe("a policy that was widened, and a timer that was disabled", () => {
  const plan = join(checkout.folder, "drift.plan");
  const named = [
    `Vault: policy ${policyOf("alice")}: has been edited: it also grants secret/* [read], no longer grants secret/data/workstation/claude-users/alice [create, read, update], no longer grants secret/metadata/workstation/claude-users/alice [read], no longer grants auth/token/lookup-self [read], no longer grants auth/token/renew-self [update]`,
    "workstation devvm: user alice: Vault refuses the Vault token",
    "workstation devvm: user alice: the timer is disabled instead of enabled",
  ];
  let before: World;

  beforeAll(async () => {
    before = await worldOf(environment);
    const policy = 'path "secret/*" {\n  capabilities = ["read"]\n}\n';
    const call = { method: "POST", path: `sys/policies/acl/${policyOf("alice")}`, body: { policy } } as const;
    await asAdmin(environment, call, z.unknown());
    await onWorkstation(environment, "systemctl disable --now claude-auth-sync@alice.timer");
  });
  afterAll(async () => {
    await rm(plan, { force: true });
    await restoreStack(environment);
  });

  it("are named by a preview, which exits with 7", async () => {
    const seen = await preview(environment, { args: ["--diff", "--expect-no-changes"] });
    expect(differencesIn(seen), seen.output).toEqual(named);
    expect(seen.code).toBe(7);
  });

  it("are named for machines, too", async () => {
    const seen = await pulumi(environment, ["preview", "--json"]);
    const shape = z.object({ diagnostics: z.array(z.object({ message: z.string() })) });
    const { diagnostics } = shape.parse(JSON.parse(seen.stdout));
    const said = diagnostics.map(({ message }) => message).join("\n");
    expect(differencesIn({ output: said })).toEqual(named);
  });

  it("are repaired by what a preview has planned, and nothing else is touched", async () => {
    expectSuccess(await preview(environment, { args: ["--save-plan", plan] }));
    const ended = expectSuccess(await up(environment, { args: ["--plan", plan] }));
    expect(operationsOf(ended)).toEqual(["update alice-policy", "update devvm-apply"]);
    expect(await worldOf(environment)).toEqual(before);
    const clean = await preview(environment, { args: ["--expect-no-changes"] });
    expect(differencesIn(clean), clean.output).toEqual([]);
    expect(clean.code, clean.output).toBe(0);
  });
});
