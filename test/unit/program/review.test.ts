/** Tests what a review makes of hosts that answer, of hosts that do not, and of a failed search in Vault. */
import { describe, expect, it } from "vitest";
import type { FleetPlan } from "../../../plan/model.ts";
import { hostPlan } from "../../../plan/workstation/host-plan.ts";
import type { ObservedFleet } from "../../../program/observe.ts";
import type { FleetToken } from "../../../plan/vault/token-owners.ts";
import { fleetProblems, vaultReport, type VaultReport } from "../../../program/problems.ts";
import { reviewFleet } from "../../../program/review.ts";
import { load } from "../../support/plan/fixtures.ts";

const plan: FleetPlan = load();
const now = "2026-05-22T03:00:00.000Z";
const preview = { preview: true, now };
const up = { preview: false, now };

const program = { version: "0.1.0-a1a1a1a1a1a1", sha256: "a1".repeat(32) };
const away = { kind: "unknown", reason: "it does not answer" } as const;
const silent: ObservedFleet = {
  workstations: plan.workstations.map((workstation) => ({
    workstation,
    wanted: hostPlan(plan, workstation, program),
    observed: away,
  })),
  tokens: plan.tokens.map((token) => ({ token, observed: away })),
  rules: undefined,
};
const seen = { role: undefined, policies: new Map(), metadata: new Map() };
/** Returns what Vault says. @param tokens living tokens of the fleet */
const searched = (unknown?: string, tokens: readonly FleetToken[] = []): VaultReport =>
  vaultReport(seen, { tokens, complete: true, judged: true, unknown }, silent);

describe("a host that does not answer", () => {
  it("gives a preview no drift, and is unknown there", () => {
    const review = reviewFleet(plan, silent, searched(), preview);
    for (const { drift, unknown } of [...review.workstations, ...review.tokens]) {
      expect(drift).toBeUndefined();
      expect(unknown).toEqual([expect.stringMatching(/^(workstation|token) .*: it does not answer$/)]);
    }
  });

  it("has its command run in an `up`, with another input each time", () => {
    const [first] = reviewFleet(plan, silent, searched(), up).workstations;
    expect(first?.drift).toBe(`workstation ${first?.workstation.name}: it does not answer (${now})`);
    expect(first?.unenrolDrift).toBeUndefined();
  });

  it("is no reason to stop the others", () => {
    expect(fleetProblems(plan, silent, searched())).toEqual([]);
    expect(fleetProblems(plan, silent, undefined)).toEqual([]);
  });
});

describe("a search for unowned tokens", () => {
  const token = { accessor: "abc", user: "zoe", host: "devvm" };

  it("that failed is unknown, and gives an `up` nothing to revoke", () => {
    for (const run of [preview, up]) {
      const { unowned } = reviewFleet(plan, silent, searched("unowned tokens: Vault is sealed"), run);
      expect(unowned).toMatchObject({ drift: undefined, unknown: ["unowned tokens: Vault is sealed"] });
    }
  });

  it("names the tokens that an `up` revokes", () => {
    expect(reviewFleet(plan, silent, searched(undefined, [token]), up).unowned.drift).toMatch(/^token abc: /);
  });

  it("names the tokens that the settings leave alone, and gives an `up` nothing to revoke", () => {
    const left = { ...plan, vault: { ...plan.vault, strayTokens: "leave" as const } };
    const { unowned } = reviewFleet(left, silent, searched(undefined, [token]), up);
    expect(unowned).toMatchObject({ drift: undefined, drifts: [], unknown: [] });
    expect(unowned.warnings).toEqual([
      expect.stringMatching(/^Vault: token abc: created for zoe on devvm; .*`vault token revoke -accessor`/),
    ]);
  });

  it("gives one `up` no more tokens than a command takes, and says how many are left", () => {
    const tokens = Array.from({ length: 1200 }, (_, index) => ({ ...token, accessor: `a${index}` }));
    const { unowned } = reviewFleet(plan, silent, searched(undefined, tokens), up);
    expect(unowned.drift?.split("\n")).toHaveLength(1000);
    expect(unowned.unknown).toEqual([expect.stringContaining("there are 200 more")]);
  });

  it("says nothing where Vault was not read", () => {
    expect(reviewFleet(plan, silent, undefined, up).unowned).toMatchObject({ drift: undefined, unknown: [] });
  });
});

it("a backup of a user who is to be purged is drift as long as it exists", () => {
  const purged = { ...plan, renewal: { ...plan.renewal, purgeBackupsOf: ["bob"] } };
  const path = `${plan.vault.mount}/metadata/${plan.vault.prefix}/bob`;
  const metadata = new Map([[path, { createdAt: "2026-01-01T00:00:00Z" } as never]]);
  const drifts = (found: Map<string, never>) =>
    reviewFleet(purged, silent, { ...searched(), seen: { ...seen, metadata: found } }, preview).purges.map(
      ({ user, drift }) => [user, drift],
    );
  expect(drifts(new Map<string, never>())).toEqual([["bob", undefined]]);
  expect(drifts(metadata)).toEqual([
    ["bob", expect.stringMatching(/^backups of bob \(.*\): there are some since 2026-/)],
  ]);
});
