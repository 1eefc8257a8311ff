/** The order that the engine is told of: who moves is retired where they were before they are enrolled elsewhere. */
import { expect, it } from "vitest";
import { loadPlan } from "../../plan/load.ts";
import { declareFleet } from "../../program/declare.ts";
import { register } from "./harness.ts";
import { calmReview } from "./policy/fleet.ts";

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

it("leaves no apply depending on what goes with a user: a failed apply would keep what is gone in the state", async () => {
  const seen = await register(() => declareFleet(plan, calmReview(plan), "claude-fleet-test"));
  const kinds = (name: string) =>
    seen.find((one) => one.name === name)?.dependencies.map((urn) => urn.split("::").at(-1));
  expect(kinds("first-apply")?.sort()).toEqual(["first-retire", "test-role"]);
  const order = seen.map(({ name }) => name);
  expect(order.indexOf("first-apply")).toBeGreaterThan(order.indexOf("alice-policy"));
});

/** Retirements on which the apply of each workstation depends. @param after by workstation, as the review has it */
async function awaited(after: Readonly<Record<string, readonly string[]>>) {
  const calm = calmReview(plan);
  const workstations = calm.workstations.map((one) => ({
    ...one,
    after: after[one.workstation.name] ?? one.after,
  }));
  const seen = await register(() => declareFleet(plan, { ...calm, workstations }, "claude-fleet-test"));
  const retired = (name: string) =>
    seen
      .find((one) => one.name === `${name}-apply`)
      ?.dependencies.flatMap((urn) => /::(\w+)-retire$/.exec(urn)?.[1] ?? [])
      .sort();
  return { first: retired("first"), second: retired("second") };
}

it("holds up nobody for a host from which nobody comes", async () => {
  expect(await awaited({})).toEqual({ first: ["first"], second: ["second"] });
});

it("has an apply wait for the retirement on the host from which a user comes", async () => {
  expect(await awaited({ second: ["first", "second"] })).toEqual({
    first: ["first"],
    second: ["first", "second"],
  });
});
