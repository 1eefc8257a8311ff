/** Drifts of a workstation's users: enrolment, Vault token and units. */
import { describe, expect, it } from "vitest";
import type { WorkstationObservation } from "../../../../contract/workstation.ts";
import { judgeTokens } from "../../../../plan/vault/token-owners.ts";
import { changeLimitProblems } from "../../../../plan/change-limits.ts";
import { planDigest } from "../../../../plan/digests.ts";
import { workstationDrift } from "../../../../plan/drift/workstation.ts";
import { hostPlan } from "../../../../plan/workstation/host-plan.ts";
import { load, ROSTER } from "../../../support/plan/fixtures.ts";
import { GUEST, observed, off, plan, token, user } from "../../../support/plan/workstation.ts";
import { sha256Of } from "../../../../lib/sha256.ts";

describe("a workstation's user", () => {
  it.each<[string, Partial<WorkstationObservation>, string[]]>([
    [
      "a dead token",
      { users: [user("alice", token("refused")), user("guest", off)] },
      ["user alice: Vault refuses the Vault token (apply 3, 0a1b2c3d)"],
    ],
    [
      "no token",
      { users: [user("alice", token("missing")), user("guest", off)] },
      ["user alice: there is no Vault token (apply 3, 0a1b2c3d)"],
    ],
    [
      "the token of another user",
      { users: [user("alice", token("wrong", "it is bob's\u001b[2J")), user("guest", off)] },
      ["user alice: the Vault token is wrong: it is bob's\\u001b[2J (apply 3, 0a1b2c3d)"],
    ],
    [
      "a token that must be replaced",
      { users: [user("alice", token("stale", "it is older than 30d")), user("guest", off)] },
      ["user alice: the Vault token must be replaced: it is older than 30d (apply 3, 0a1b2c3d)"],
    ],
    [
      "a token open to others",
      { users: [user("alice", { token: { ...user("alice").token, mode: "0644" } }), user("guest", off)] },
      ["user alice: the Vault token's file has the mode 0644 instead of 0600 (apply 3, 0a1b2c3d)"],
    ],
    [
      "a token that no run renews",
      {
        users: [user("alice", { token: { ...user("alice").token, ttlSeconds: 3600 } }), user("guest", off)],
      },
      ["user alice: the Vault token expires within 16 days: no run has renewed it (apply 3, 0a1b2c3d)"],
    ],
    [
      "a user who is not enrolled yet",
      { enrolled: [], users: [user("alice", off), user("guest", off)] },
      ["user alice: is in the roster but not enrolled here (apply 3, 0a1b2c3d)"],
    ],
    [
      "a disabled timer",
      { users: [user("alice", { timerEnabled: "disabled" }), user("guest", off)] },
      ["user alice: the timer is disabled instead of enabled (apply 3, 0a1b2c3d)"],
    ],
    [
      "a stopped timer",
      { users: [user("alice", { timerActive: "inactive" }), user("guest", off)] },
      ["user alice: the timer is inactive instead of active (apply 3, 0a1b2c3d)"],
    ],
    [
      "a path unit that failed",
      { users: [user("alice", { pathActive: "failed" }), user("guest", off)] },
      ["user alice: the path unit is failed instead of active (apply 3, 0a1b2c3d)"],
    ],
    [
      "no path unit",
      { users: [user("alice", { pathEnabled: null, pathActive: null }), user("guest", off)] },
      ["user alice: there is no path unit (apply 3, 0a1b2c3d)"],
    ],
    [
      "a paused user",
      {
        users: [
          user("alice", { paused: true, timerEnabled: "disabled", pathEnabled: "disabled" }),
          user("guest", off),
        ],
      },
      [],
    ],
    [
      "no account",
      { users: [user("alice", { exists: false }), user("guest", off)] },
      ["user alice: has no account on the host (apply 3, 0a1b2c3d)"],
    ],
    [
      "a drop-in of an earlier plan",
      { users: [user("alice", { dropIn: "applied" }), user("guest", off)] },
      [
        "user alice: a drop-in of the units is unchanged since the last apply, but the plan has a new version (apply 3, 0a1b2c3d)",
      ],
    ],
    [
      "an edited drop-in",
      { users: [user("alice", { dropIn: "different" }), user("guest", off)] },
      ["user alice: a drop-in of the units has been edited (apply 3, 0a1b2c3d)"],
    ],
  ])("drifts by %s", (_, changes, expected) => {
    expect(workstationDrift(plan, observed(changes))).toEqual({
      apply: expected,
      unenrol: [],
      unknown: [],
      missing: [],
    });
  });

  it("is unknown while Vault is sealed, and needs no repair", () => {
    const found = workstationDrift(
      plan,
      observed({ users: [user("alice", token("unknown", "sealed")), user("guest", off)] }),
    );
    expect(found).toMatchObject({
      apply: [],
      unknown: ["user alice: the state of the Vault token is unknown: sealed"],
    });
  });

  it.each<[string, Partial<WorkstationObservation>, string[]]>([
    [
      "a removed user",
      { enrolled: ["alice", "bob"] },
      ["user bob: is enrolled here but no longer in the roster (apply 3, 0a1b2c3d)"],
    ],
    [
      "a user who is in no roster",
      { strays: ["zoe"] },
      ["user zoe: has a timer or path unit here but is in no roster (apply 3, 0a1b2c3d)"],
    ],
  ])("%s is unenrolled", (_, changes, expected) => {
    expect(workstationDrift(plan, observed(changes))).toMatchObject({ apply: [], unenrol: expected });
  });

  it.each<[string, Partial<WorkstationObservation>, string[]]>([
    [
      "a user who is not renewed any more",
      { enrolled: ["alice", "guest"] },
      ["user guest: is enrolled here but the roster does not renew this user (apply 3, 0a1b2c3d)"],
    ],
    [
      "the parts of a user who is not renewed",
      { users: [user("alice"), user("guest")] },
      [
        "user guest: has a Vault token but is not renewed (apply 3, 0a1b2c3d)",
        "user guest: has a timer but is not renewed (apply 3, 0a1b2c3d)",
        "user guest: has a path unit but is not renewed (apply 3, 0a1b2c3d)",
        "user guest: has a path unit of `claude-auth-sync now` but is not renewed (apply 3, 0a1b2c3d)",
      ],
    ],
    [
      "a disabled timer that still runs, of a user who is not renewed",
      { users: [user("alice"), user("guest", { ...off, timerEnabled: "disabled", timerActive: "active" })] },
      ["user guest: has a timer but is not renewed (apply 3, 0a1b2c3d)"],
    ],
  ])("%s: an apply repairs it, and no unenrolment", (_, changes, expected) => {
    expect(workstationDrift(plan, observed(changes))).toMatchObject({ apply: expected, unenrol: [] });
  });

  it("with a new name is renamed, and neither unenrolled nor enrolled", () => {
    const roster = ROSTER.replace("  alice:", "  alice.smith:\n    formerly: alice");
    const renamed = load({ roster: roster + GUEST });
    const wanted = hostPlan(renamed, renamed.workstations[0]!, plan.program);
    const files = wanted.files.map(({ path, mode, content }) => ({
      ...{ path, mode, sha256: sha256Of(content), foreign: false, applied: true },
    }));
    const users = [user("alice.smith"), user("guest", off)];
    const found = observed({ plan: planDigest(wanted), files, users });
    expect(workstationDrift(wanted, found)).toEqual({
      apply: ["user alice.smith: is still enrolled here as alice (apply 3, 0a1b2c3d)"],
      unenrol: [],
      unknown: [],
      missing: [],
    });
    const tokens = [{ accessor: "acc", user: "alice", host: wanted.host }];
    const verdict = judgeTokens(tokens, [{ plan: wanted, observation: found }]);
    const vault = { tokens, verdict, complete: true, policies: new Set<string>(), revokes: true };
    expect(changeLimitProblems([{ plan: wanted, answered: true }], vault, 0)).toEqual([]);
  });
});
