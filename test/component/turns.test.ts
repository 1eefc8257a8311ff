/** What waits for what: who moves is retired where they were before they are enrolled elsewhere; containers take turns. */
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../plan/load.ts";
import { declareFleet } from "../../program/declare.ts";
import { register, type Registration } from "../support/component/harness.ts";
import { calmReview, gateOutputs } from "../support/component/policy/fleet.ts";

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

/** Short names of what a resource depends on. */
const dependenciesOf = (seen: readonly Registration[], name: string) =>
  seen.find((one) => one.name === name)?.dependencies.flatMap((urn) => urn.split("::").at(-1) ?? []);

it("leaves no apply depending on what may leave: one that fails would keep what is gone in the state", async () => {
  const seen = await register(() => declareFleet(plan, calmReview(plan), "claude-fleet-test"));
  expect(dependenciesOf(seen, "first-apply")).toEqual(["test-role"]);
  const order = seen.map(({ name }) => name);
  for (const earlier of ["alice-policy", "alice-metadata", "first-retire"])
    expect(order.indexOf("first-apply"), earlier).toBeGreaterThan(order.indexOf(earlier));
});

/**
 * Applies that stay as they are where the retirement on the first workstation fails.
 * @param after whose retirements each apply waits for, as the review has it
 */
async function heldBack(after: Readonly<Record<string, readonly string[]>>): Promise<readonly string[]> {
  const calm = calmReview(plan);
  const workstations = calm.workstations.map((one) => ({
    ...one,
    after: after[one.workstation.name] ?? one.after,
  }));
  const declare = () => declareFleet(plan, { ...calm, workstations }, "claude-fleet-test");
  const seen = await register(declare, undefined, undefined, ["first-retire"]);
  return seen.flatMap(({ name, ignoreChanges }) => (ignoreChanges.includes("*") ? [name] : [])).sort();
}

it("holds up nobody for a host from which nobody comes", async () => {
  expect(await heldBack({})).toEqual(["first-apply"]);
});

it("has an apply wait for the retirement on the host from which a user comes", async () => {
  expect(await heldBack({ second: ["first", "second"] })).toEqual(["first-apply", "second-apply"]);
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

  it("has no container, and nothing after them, depend on another service, which may leave", async () => {
    const seen = await register(declare, undefined, gateOutputs);
    for (const name of ["one", "two", "three", "four"].map((service) => `platform/${service}`)) {
      expect(dependenciesOf(seen, `${name}-container`)).toEqual(["platform-gate"]);
      expect(dependenciesOf(seen, `${name}-verify`)?.sort()).toEqual(["platform-gate", `${name}-container`]);
    }
    expect(dependenciesOf(seen, "platform-stale")).toEqual(["platform-gate"]);
    expect(seen.flatMap(({ ignoreChanges }) => ignoreChanges)).not.toContain("*");
  });

  it("leaves as they are all that come after one that failed, but those that need not wait for it", async () => {
    const seen = await register(declare, undefined, gateOutputs, ["platform/two-verify"]);
    const held = seen.flatMap(({ name, ignoreChanges }) => (ignoreChanges.includes("*") ? [name] : []));
    expect(held).toEqual(["platform/four-container", "platform/four-verify", "platform-stale"]);
  });
});
