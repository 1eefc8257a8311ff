/** A machine that has another workstation name in the roster than in its record is left unchanged. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { apply } from "../../../../host/workstation/apply.ts";
import { observeWorkstation } from "../../../../host/workstation/observe-workstation.ts";
import { removeFleet } from "../../../../host/workstation/remove-fleet.ts";
import { ExpectedError } from "../../../../lib/expected-error.ts";
import { fakeHost, fakeSession, fakePlan, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";
import { unenrolDeparted } from "../../../../host/workstation/unenrol-users.ts";

let vault: FakeVault;
let host: FakeHost;
let operator: ReturnType<typeof fakeSession>;

beforeEach(async () => {
  vault = await new FakeVault().start();
  host = await fakeHost("alice");
  operator = fakeSession(vault);
  await apply(host.system, fakePlan(vault, ["alice"]), operator.session);
});
afterEach(() => vault.close());

const byOtherName = () => fakePlan(vault, ["alice"], { host: "shop" });
const SENTENCE = /^The machine of the workstation shop is the workstation devvm of this fleet\. /;

async function problemsOf(work: Promise<unknown>): Promise<readonly string[]> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ExpectedError);
  return (error as ExpectedError).problems;
}

test("is reported before an apply", async () => {
  expect((await observeWorkstation(host.system, byOtherName())).recordedAs).toBe("devvm");
});

test.each([
  ["an apply", apply],
  ["an unenrolment", unenrolDeparted],
] as const)("stops %s before any change", async (_, work) => {
  const before = await observeWorkstation(host.system, fakePlan(vault, ["alice"]));
  const request = { ...byOtherName(), users: [] };
  expect(await problemsOf(work(host.system, request, operator.session))).toEqual([
    expect.stringMatching(SENTENCE) as string,
  ]);
  expect(await observeWorkstation(host.system, fakePlan(vault, ["alice"]))).toEqual(before);
  expect(operator.revoked).toEqual([]);
});

test("is left alone by the removal of its former name", async () => {
  const { result, problems } = await removeFleet(host.system, byOtherName(), operator.session);
  expect([result.retired, problems, operator.revoked]).toEqual([[], [], []]);
  expect((await observeWorkstation(host.system, fakePlan(vault, ["alice"]))).enrolled).toEqual(["alice"]);
});

test("is allowed once the former name has been removed", async () => {
  await removeFleet(host.system, fakePlan(vault, ["alice"]), operator.session);
  expect((await observeWorkstation(host.system, byOtherName())).recordedAs).toBeNull();
  await apply(host.system, { ...byOtherName(), users: [] }, operator.session);
  expect((await observeWorkstation(host.system, byOtherName())).recordedAs).toBe("shop");
});
