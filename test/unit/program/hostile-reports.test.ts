/** Whatever one host reports, in every field: the review does not throw, and other hosts, tokens and limits do not change. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { tokenFileObservation, type TokenFileObservation } from "../../../contract/token-file.ts";
import { workstationObservation, type WorkstationObservation } from "../../../contract/workstation.ts";
import { loadPlan } from "../../../plan/load.ts";
import { hostPlan } from "../../../plan/workstation/host-plan.ts";
import type { FleetToken } from "../../../plan/vault/token-owners.ts";
import type { ObservedFleet } from "../../../program/observe.ts";
import { believable, fleetProblems, reportedBy, vaultReport } from "../../../program/problems.ts";
import { reviewFleet } from "../../../program/review.ts";
import { container } from "../../support/fakes/fleet-status.ts";
import { anyMessage } from "../../support/plan/any-message.ts";

const service = (name: string) => ({ name, container: `c-${name}`, target: "/auth.json", uid: 1000 });
const plan = loadPlan({
  settings: {
    fleet: "test",
    vault: { address: "https://vault.example.net" },
    tokens: {
      first: {
        host: { ssh: "first" },
        file: "/srv/auth.json",
        services: [{ ...service("one"), image: "app:1" }],
      },
      second: {
        host: { ssh: "second" },
        file: "/srv/auth.json",
        driver: { compose: { file: "/srv/compose.yml", directory: "/srv" } },
        services: [service("two")],
      },
    },
  },
  roster: {
    file: "roster.yaml",
    text: JSON.stringify({
      workstations: { devvm: { ssh: "devvm" }, lab: { ssh: "lab" } },
      users: {
        alice: { workstation: "devvm", email: "alice@example.com" },
        bob: { workstation: "lab", email: "bob@example.com" },
      },
    }),
  },
  projectFolder: "/",
});

const tokens: readonly FleetToken[] = [
  { accessor: "alices", user: "alice", host: "devvm" },
  { accessor: "bobs", user: "bob", host: "lab" },
  { accessor: "left", user: "zoe", host: "lab" },
];
const program = { version: "0.1.0-0", sha256: "0".repeat(64) };
const words = [
  ...["alice", "bob", "zoe", "alices", "bobs", "left", "devvm", "lab", "first", "second", "one", "two"],
  ...["c-one", "c-two", "enabled", "active", "0600", "/srv/auth.json", "/etc/systemd/system/x.timer"],
];

interface Reports {
  readonly devvm?: WorkstationObservation;
  readonly first?: TokenFileObservation;
  readonly second?: TokenFileObservation;
}

/** Returns the review of the fleet when these hosts report this, and the others do not answer. */
function reviewOf(reports: Reports, preview: boolean, maxChangesPerUp = 25) {
  const seen = <T>(observation: T | undefined) =>
    observation === undefined
      ? ({ kind: "unknown", reason: "it does not answer" } as const)
      : ({ kind: "seen", observation } as const);
  const reported: ObservedFleet = {
    workstations: plan.workstations.map((workstation) => ({
      workstation,
      wanted: hostPlan(plan, workstation, program),
      observed: seen(workstation.name === "devvm" ? reports.devvm : undefined),
    })),
    tokens: plan.tokens.map((token) => ({
      token,
      observed: seen(token.name === "first" ? reports.first : reports.second),
    })),
    rules: undefined,
  };
  const survey = { tokens, complete: true, judged: true, unknown: undefined };
  const observed = believable(plan, reported, survey);
  const names = { role: undefined, policies: new Map<string, string>(), metadata: new Map() };
  const vault = vaultReport(names, survey, observed);
  const run = { preview, now: "2026-01-01T00:00:00Z" };
  const review = reviewFleet(plan, observed, vault, run);
  return {
    stopped: fleetProblems({ ...plan, renewal: { ...plan.renewal, maxChangesPerUp } }, reported, vault),
    workstations: new Map(review.workstations.map((one) => [one.workstation.name, one])),
    tokens: new Map(review.tokens.map((one) => [one.token.name, one])),
    unowned: review.unowned,
    conflicts: review.conflicts,
    asked: reportedBy(observed.workstations),
  };
}

const lines = (part: { unknown: readonly string[]; warnings: readonly string[] }) => [
  ...part.unknown,
  ...part.warnings,
];

it.each([true, false])("a workstation reaches nothing beyond itself (preview: %s)", (preview) => {
  const calm = reviewOf({}, preview);
  fc.assert(
    fc.property(anyMessage(workstationObservation, words), (devvm) => {
      const found = reviewOf({ devvm }, preview);
      expect(found.stopped).toEqual([]);
      expect(found.workstations.get("lab")).toEqual(calm.workstations.get("lab"));
      expect(found.tokens).toEqual(calm.tokens);
      // Its own user's token may be unowned when the host says that it does not use it.
      const drifts = found.unowned.drifts.filter((line) => !line.startsWith("token alices: "));
      expect(drifts).toEqual(calm.unowned.drifts);
      const own = found.workstations.get("devvm");
      for (const line of [...(own === undefined ? [] : lines(own)), ...found.conflicts.unknown])
        expect(line).toMatch(/\bdevvm\b/);
      for (const input of [own?.drift, own?.unenrolDrift]) {
        expect(input?.length ?? 0).toBeLessThan(100_000);
        // eslint-disable-next-line no-control-regex
        expect(input ?? "").not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]|^token (?!alices: )/m);
      }
    }),
    { numRuns: 300 },
  );
});

it.each(["first", "second"] as const)("the host of the token %s reaches nothing beyond it", (name) => {
  const calm = reviewOf({}, true);
  const other = name === "first" ? "second" : "first";
  fc.assert(
    fc.property(anyMessage(tokenFileObservation, words), (observation) => {
      const found = reviewOf({ [name]: observation }, true);
      expect(found.stopped).toEqual([]);
      expect(found.workstations).toEqual(calm.workstations);
      expect(found.tokens.get(other)).toEqual(calm.tokens.get(other));
      const own = found.tokens.get(name);
      for (const line of own === undefined ? [] : lines(own))
        expect(line).toMatch(new RegExp(`\\b${name}\\b`));
    }),
    { numRuns: 300 },
  );
});

it("a run that stops anyway names at once what the host of a token reports", () => {
  const [sample] = fc.sample(anyMessage(tokenFileObservation, words), 1);
  const mine = container({ name: "c-one", sha256: "", of: { token: "former", service: "one" } });
  const first = { ...sample!, containers: [mine] };
  expect(reviewOf({ first }, false).stopped).toEqual([]);
  expect(reviewOf({ first }, false).tokens.get("first")?.withheld).toContain("belongs to former/one");
  const { stopped } = reviewOf({ first }, false, 0);
  expect(stopped).toEqual([
    expect.stringContaining("maxChangesPerUp"),
    expect.stringContaining("the container c-one belongs to former/one in this fleet"),
  ]);
});

it("a moment beyond what a date can be is refused with its whole report", () => {
  const [sample] = fc.sample(anyMessage(tokenFileObservation, words), 1);
  for (const mtimeMs of [1e300, 8.64e15 + 1]) {
    expect(tokenFileObservation.safeParse({ ...sample, mtimeMs }).success).toBe(false);
    expect(tokenFileObservation.safeParse({ ...sample, expiresAtMs: mtimeMs }).success).toBe(false);
  }
});
