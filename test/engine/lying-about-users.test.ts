// A host that lies about its users fails alone, is named, and changes no other host.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  applied,
  codes,
  honest,
  LyingFleet,
  userReport,
  type Roster,
} from "../support/enrolment/lying-fleet.ts";

let fleet: LyingFleet;

beforeAll(async () => {
  fleet = await LyingFleet.open();
});
afterAll(() => fleet?.close());
afterEach(() => fleet.clear());

const both: Roster = { devvm: ["alice"], lab: ["bob"] };

describe("one host that lies about users", () => {
  const crowd = Array.from({ length: 40 }, (_, index) => `user${index}`);

  it("by claiming forty is unknown and named, its command fails, and the other host goes on", async () => {
    const plan = fleet.plan(both);
    const [alice, bob] = [await fleet.enrolled("alice", "devvm"), await fleet.enrolled("bob", "lab")];
    const claimed = Object.fromEntries(["alice", ...crowd].map((name) => [name, alice.accessor]));
    const ended = await fleet.up(plan, {
      devvm: { observation: fleet.healthy(plan, "devvm", claimed) },
      lab: {
        observation: { ...fleet.healthy(plan, "lab", { bob: bob.accessor }), program: null },
        apply: [applied([["bob", bob.accessor]])],
      },
    });
    expect(ended.stopped).toEqual([]);
    const [devvm] = ended.review?.workstations ?? [];
    expect(devvm?.unknown).toEqual([
      expect.stringMatching(
        /^workstation devvm: it reports 40 enrolled users \(user0, .*, …\) whom neither the roster nor Vault has there, /,
      ),
    ]);
    expect(devvm?.unknown.join()).not.toContain("maxChangesPerUp");
    expect(codes(ended)).toEqual({ "devvm apply": 1, "lab apply": 0 });
    expect(ended.commands["devvm apply"]?.said).toMatch(
      /^error: workstation devvm: it reports 40 enrolled users/,
    );
    // Nothing was said to the host.
    expect(ended.commands["devvm apply"]?.heard).toBe("");
    expect(await fleet.isAlive(alice.accessor)).toBe(true);
  });

  it("by claiming the user of another host makes that host wait for nothing", async () => {
    const plan = fleet.plan(both);
    const { accessor } = await fleet.enrolled("alice", "devvm");
    const { review } = await fleet.up(plan, {
      devvm: honest(fleet, both, "devvm", { alice: accessor, bob: accessor }),
      lab: {
        observation: { ...fleet.healthy(plan, "lab", {}), users: [userReport("bob", [], "missing")] },
        apply: [],
      },
    });
    expect(review?.workstations.map(({ after }) => after)).toEqual([["devvm"], ["lab"]]);
  });

  it.each(["lab", "invented"])("by claiming to be recorded as %s fails alone", async (recordedAs) => {
    const plan = fleet.plan(both);
    const [alice, bob] = [await fleet.enrolled("alice", "devvm"), await fleet.enrolled("bob", "lab")];
    const ended = await fleet.up(plan, {
      devvm: { observation: { ...fleet.healthy(plan, "devvm", { alice: alice.accessor }), recordedAs } },
      lab: honest(fleet, both, "lab", { bob: bob.accessor }),
    });
    expect(ended.stopped).toEqual([]);
    expect(codes(ended)).toEqual({ "devvm apply": 1 });
    expect(ended.commands["devvm apply"]?.said).toContain(`is the workstation ${recordedAs} of this fleet`);
  });

  it("by claiming another machine's id is named, and stops neither", async () => {
    const plan = fleet.plan(both);
    const [alice, bob] = [await fleet.enrolled("alice", "devvm"), await fleet.enrolled("bob", "lab")];
    const labs = honest(fleet, both, "lab", { bob: bob.accessor });
    const { machineId } = labs.observation!;
    const observation = { ...fleet.healthy(plan, "devvm", { alice: alice.accessor }), machineId };
    const ended = await fleet.up(plan, { devvm: { observation }, lab: labs });
    expect(ended.stopped).toEqual([]);
    expect(codes(ended)).toEqual({});
    expect(ended.review?.conflicts.unknown).toEqual([
      expect.stringContaining("The workstations devvm and lab are one machine"),
    ]);
  });

  it("a mistake in the roster is still stopped, by what Vault says of the whole fleet", async () => {
    const names = crowd.slice(0, 26);
    const tokens: Record<string, string> = {};
    for (const name of names) tokens[name] = (await fleet.enrolled(name, "devvm")).accessor;
    const plan = fleet.plan({ devvm: ["alice"], lab: ["bob"] });
    for (const observation of [
      fleet.healthy(plan, "devvm", tokens),
      fleet.healthy(plan, "devvm", {}),
      undefined,
    ]) {
      const { stopped } = await fleet.up(plan, { devvm: { observation }, lab: {} });
      expect(stopped).toEqual([expect.stringMatching(/unenrol 26 users .*maxChangesPerUp/)]);
    }
    for (const accessor of Object.values(tokens)) expect(await fleet.isAlive(accessor)).toBe(true);
  });
});
