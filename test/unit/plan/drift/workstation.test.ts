/** Drifts of a workstation: record, program, files and units of the host. */
import { describe, expect, it } from "vitest";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import type { WorkstationObservation } from "../../../../contract/workstation.ts";
import { planDigest } from "../../../../plan/digests.ts";
import { withoutCounter } from "../../../../plan/drift/apply-counter.ts";
import { workstationDrift } from "../../../../plan/drift/workstation.ts";
import { COLLECT_TIMER } from "../../../../plan/units/names.ts";
import { DIGEST } from "../../../support/plan/fixtures.ts";
import { files, observed, plan, service } from "../../../support/plan/workstation.ts";

describe("a workstation", () => {
  it("that matches its plan has no drift", () => {
    expect(workstationDrift(plan, observed())).toEqual({ apply: [], unenrol: [], unknown: [], missing: [] });
  });

  it("that does not answer is unknown and has no drift", () => {
    expect(workstationDrift(plan, "unreachable")).toEqual({
      apply: [],
      unenrol: [],
      unknown: ["workstation devvm: it does not answer"],
      missing: [],
    });
  });

  it("where nothing has been applied has one drift", () => {
    const fresh = observed({ generation: 0, program: null, files: [], enrolled: [], users: [] });
    expect(workstationDrift(plan, fresh).apply).toEqual([
      "workstation devvm: nothing has been applied here (apply 0, 0a1b2c3d)",
    ]);
  });

  it("without Node gets the program's own Node, at the first apply and later", () => {
    const fresh = observed({ generation: 0, program: null, node: "own", files: [], enrolled: [], users: [] });
    const end = "there is no Node 20 or newer, so the program comes with its own";
    expect(workstationDrift(plan, fresh).apply).toEqual([
      `workstation devvm: nothing has been applied here; ${end} (apply 0, 0a1b2c3d)`,
    ]);
    expect(workstationDrift(plan, observed({ program: null, node: "own" })).apply).toEqual([
      `program: is missing or altered; ${end} (apply 3, 0a1b2c3d)`,
    ]);
    expect(workstationDrift(plan, observed({ node: "own" })).apply).toEqual([]);
  });

  it.each([
    [true, "the apply replaces it"],
    [false, "the apply fails until the file is moved away on the host, or `adopt: true` is set"],
  ])("with a foreign file names what the apply does when adopt is %s", (adopt, end) => {
    const wanted = { ...plan, renewal: { ...plan.renewal, adopt } };
    const fresh = observed({ generation: 0, files: files({ foreign: true }), enrolled: [] });
    expect(workstationDrift(wanted, fresh).apply).toEqual([
      "workstation devvm: nothing has been applied here (apply 0, 0a1b2c3d)",
      `file ${service.path}: is not claude-fleet's; ${end} (apply 0, 0a1b2c3d)`,
    ]);
  });

  it.each<[string, Partial<WorkstationObservation>, string[]]>([
    [
      "an edited unit",
      { files: files({ sha256: "a".repeat(64), applied: false }) },
      [`file ${service.path}: has been edited; its digest is aaaaaaaaaaaa (apply 3, 0a1b2c3d)`],
    ],
    [
      "a unit of an earlier plan",
      { files: files({ sha256: "a".repeat(64) }) },
      [
        `file ${service.path}: is unchanged since the last apply, but the plan has a new version (apply 3, 0a1b2c3d)`,
      ],
    ],
    [
      "a missing unit",
      { files: files({ sha256: null, mode: null }) },
      [`file ${service.path}: is missing (apply 3, 0a1b2c3d)`],
    ],
    [
      "a unit's mode",
      { files: files({ mode: "0666" }) },
      [`file ${service.path}: has the mode 0666 instead of 0644 (apply 3, 0a1b2c3d)`],
    ],
    [
      "a drop-in of a user",
      { untrusted: [{ path: "/etc/x.conf", why: "belongs to uid 1001", own: true }] },
      ["/etc/x.conf: belongs to uid 1001 (apply 3, 0a1b2c3d)"],
    ],
    [
      "a folder of the system that everybody can write",
      { untrusted: [{ path: "/usr/local", why: "can be written by everybody", own: false }] },
      [
        "/usr/local: can be written by everybody; only root may be able to change it, and no apply repairs that (apply 3, 0a1b2c3d)",
      ],
    ],
    [
      "no record of what was applied",
      { plan: null },
      ["record: the recorded plan is missing or damaged (apply 3, 0a1b2c3d)"],
    ],
    ["another plan on record", { plan: DIGEST }, ["record: holds another plan (apply 3, 0a1b2c3d)"]],
    ["no program", { program: null }, ["program: is missing or altered (apply 3, 0a1b2c3d)"]],
    [
      "another program",
      { program: { version: "0.0.9", sha256: "b".repeat(64) } },
      ["program: is 0.0.9 bbbbbbbbbbbb instead of 0.1.0 000000000000 (apply 3, 0a1b2c3d)"],
    ],
    [
      "a disabled timer of the host",
      { units: [{ name: COLLECT_TIMER, enabled: "disabled", active: "inactive" }] },
      ["unit claude-fleet-collect.timer: the unit is disabled instead of enabled (apply 3, 0a1b2c3d)"],
    ],
  ])("with %s", (_, changes, expected) => {
    expect(workstationDrift(plan, observed(changes))).toEqual({
      apply: expected,
      unenrol: [],
      unknown: [],
      missing: [],
    });
  });

  describe("whose tokens are bound to networks", () => {
    const bound = { ...plan, vault: { ...plan.vault, tokenBoundCidrs: ["10.0.0.0/8", "2001:db8::/32"] } };
    const missing = (vaultSource: string | null, wanted: HostPlan = bound) =>
      workstationDrift(wanted, observed({ vaultSource, plan: planDigest(wanted) })).missing;

    it.each(["192.0.2.7", "::1"])("warns when it reaches Vault from outside of them: %s", (address) => {
      expect(missing(address)).toEqual([
        `workstation devvm: its requests to Vault come from ${address}, which is outside of claude-fleet:vault.tokenBoundCidrs (10.0.0.0/8, 2001:db8::/32). Unless Vault sees another address, new tokens do not work there, and users keep their present tokens. The host itself says so: find the address in Vault's audit log before you add it to the networks.`,
      ]);
    });

    it.each(["10.9.9.9", "::ffff:10.9.9.9", "2001:db8:1::7", null])("says nothing of %s", (address) => {
      expect(missing(address)).toEqual([]);
    });

    it("says nothing when no user is renewed, or no network is set", () => {
      expect(missing("192.0.2.7", plan)).toEqual([]);
      const users = bound.users.filter(({ renewal }) => !renewal);
      expect(missing("192.0.2.7", { ...bound, users })).toEqual([]);
    });

    it("escapes an address that a host invented", () => {
      expect(missing("\u001b[2J")[0]).toContain("come from \\u001b[2J, which");
    });
  });

  it("that does not report a file or a user is unknown", () => {
    const found = workstationDrift(plan, observed({ files: [], users: [] }));
    expect(found.apply).toEqual([]);
    expect(found.unknown).toHaveLength(plan.files.length + 1);
  });

  it.each([
    ["after a repair", { generation: 4 }],
    ["on a host that was rebuilt or restored from a copy", { mark: "4e5f6a7b" }],
  ])("has another text for the same drift %s", (_, changes) => {
    const noted = (more: object) => workstationDrift(plan, observed({ program: null, ...more })).apply.join();
    expect(noted({})).toBe(noted({}));
    expect(noted(changes)).not.toBe(noted({}));
    expect(withoutCounter(noted(changes))).toBe(withoutCounter(noted({})));
  });

  it("names what the host lacks", () => {
    const found = workstationDrift(plan, observed({ missing: ["Node is too old."] }));
    expect(found.missing).toEqual(["workstation devvm: Node is too old."]);
  });
});
