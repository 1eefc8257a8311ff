/** Tests the order of resources: users are unenrolled before they are enrolled elsewhere; containers follow each other. */
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../plan/load.ts";
import { declareFleet } from "../../../program/declare.ts";
import { register, type Registration } from "../../support/component/harness.ts";
import { calmReview, gateOutputs } from "../../support/component/policy/fleet.ts";

const plan = loadPlan({
  settings: { fleet: "test", vault: { address: "https://vault.example.net" } },
  roster: {
    file: "roster.yaml",
    text: JSON.stringify({
      workstations: { first: { ssh: "first" }, second: { ssh: "second" } },
      users: {
        alice: { workstation: "second", email: "alice@example.com" },
        bob: { workstation: "first", email: "bob@example.com" },
      },
    }),
  },
  projectFolder: "/",
});

/** Returns the short names of what a resource depends on. */
const dependenciesOf = (seen: readonly Registration[], name: string) =>
  seen.find((one) => one.name === name)?.dependencies.flatMap((urn) => urn.split("::").at(-1) ?? []);

it("makes no apply depend on a resource that may leave, because a failed apply would keep it in the state", async () => {
  const seen = await register(() => declareFleet(plan, calmReview(plan), "claude-fleet-test"));
  expect(dependenciesOf(seen, "first-apply")).toEqual(["test-role"]);
  const order = seen.map(({ name }) => name);
  for (const earlier of ["alice-policy", "alice-metadata", "first-retire"])
    expect(order.indexOf("first-apply"), earlier).toBeGreaterThan(order.indexOf(earlier));
});

/**
 * Returns the applies that stay as they are when the unenrolment on the first workstation fails.
 * @param after the workstations whose unenrolments each apply waits for
 */
async function heldApplies(after: Readonly<Record<string, readonly string[]>>): Promise<readonly string[]> {
  const calm = calmReview(plan);
  const workstations = calm.workstations.map((one) => ({
    ...one,
    after: after[one.workstation.name] ?? one.after,
  }));
  const declare = () => declareFleet(plan, { ...calm, workstations }, "claude-fleet-test");
  const seen = await register(declare, undefined, undefined, ["first-retire"]);
  return seen.flatMap(({ name, ignoreChanges }) => (ignoreChanges.includes("*") ? [name] : [])).sort();
}

it("makes no apply wait for a host that no user comes from", async () => {
  expect(await heldApplies({})).toEqual(["first-apply"]);
});

it("makes an apply wait for the unenrolment on the host that a user comes from", async () => {
  expect(await heldApplies({ second: ["first", "second"] })).toEqual(["first-apply", "second-apply"]);
});

describe("a rollout", () => {
  const rolled = loadPlan({
    settings: {
      fleet: "test",
      vault: { address: "https://vault.example.net" },
      tokens: {
        platform: {
          host: { local: true },
          file: "/srv/auth.json",
          rollout: { maxUnavailable: 2 },
          services: ["one", "two", "three", "four"].map((name) => ({
            ...{ name, container: `c-${name}`, image: "app:1", target: "/auth.json", uid: 1000 },
          })),
        },
      },
    },
    roster: { file: "roster.yaml", text: JSON.stringify({ workstations: {}, users: {} }) },
    projectFolder: "/",
  });
  const declare = () => declareFleet(rolled, calmReview(rolled), "claude-fleet-test");

  it("makes no container, and nothing after them, depend on another service, which may leave", async () => {
    const seen = await register(declare, undefined, gateOutputs);
    for (const name of ["one", "two", "three", "four"].map((service) => `platform/${service}`)) {
      expect(dependenciesOf(seen, `${name}-container`)).toEqual(["platform-gate"]);
      expect(dependenciesOf(seen, `${name}-verify`)?.sort()).toEqual(["platform-gate", `${name}-container`]);
    }
    expect(dependenciesOf(seen, "platform-stale")).toEqual(["platform-gate"]);
    expect(seen.flatMap(({ ignoreChanges }) => ignoreChanges)).not.toContain("*");
  });

  it("leaves all resources as they are that wait for a failed container", async () => {
    const seen = await register(declare, undefined, gateOutputs, ["platform/two-verify"]);
    const held = seen.flatMap(({ name, ignoreChanges }) => (ignoreChanges.includes("*") ? [name] : []));
    expect(held).toEqual(["platform/four-container", "platform/four-verify", "platform-stale"]);
  });
});
