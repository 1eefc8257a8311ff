/** The records that the former release has left on hosts are read by today's host program. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostRequest } from "../../../contract/actions.ts";
import { parsePlan } from "../../../contract/parse-messages.ts";
import { rulesObservation } from "../../../contract/monitoring-rules.ts";
import { rotationState } from "../../../contract/rotation.ts";
import { tokenFileObservation } from "../../../contract/token-file.ts";
import { workstationObservation } from "../../../contract/workstation.ts";
import { handle } from "../../../host/handlers.ts";
import { lastRepair } from "../../../host/repair/last-repair.ts";
import { FleetRecord } from "../../../host/workstation/fleet-record.ts";
import { planDigest } from "../../../plan/digests.ts";
import { fakeHost, fakeSession, type FakeHost } from "../../support/fakes/fake-host.ts";
import { FakeVault } from "../../support/fakes/fake-vault.ts";
import { formerCommands, formerHostFiles } from "../../support/former-records.ts";

const FOLDER = "/etc/claude-fleet/test";
const plan = parsePlan(JSON.stringify(formerHostFiles[`${FOLDER}/plan.json`]), "plan.json");

let host: FakeHost;
let vault: FakeVault;
beforeEach(async () => {
  vault = await new FakeVault().start();
  host = await fakeHost("alice", "bob", "carol", "dave");
  for (const { path, content } of plan.files) await write(path, content);
  for (const [path, value] of Object.entries(formerHostFiles))
    await write(path, typeof value === "string" ? value : `${JSON.stringify(value)}\n`);
});
afterEach(() => vault.close());

async function write(path: string, content: string): Promise<void> {
  const file = join(host.root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content, { mode: 0o644 });
}

const ask = async (request: Parameters<typeof handle>[0]) => {
  const context = { session: fakeSession(vault).session, system: () => Promise.resolve(host.system) };
  return (await handle(request, context)).result;
};

describe("the fleet record", () => {
  it("is read whole", async () => {
    const record = new FleetRecord(host.system, "test");
    expect(await record.plan()).toEqual(plan);
    expect(await record.applyCounter()).toBe(1);
    expect(await record.pauseMarker("bob")).toEqual(formerHostFiles[`${FOLDER}/pause/bob`]);
  });

  it("is the plan that an observation reports, and its files are the fleet's own", async () => {
    const seen = workstationObservation.parse(await ask({ action: "observe-workstation", plan }));
    expect(seen).toMatchObject({
      recordedAs: "devvm",
      plan: planDigest(plan),
      generation: 1,
      enrolled: ["alice", "bob", "carol"],
      conflicts: [],
    });
    expect(seen.files.map(({ foreign, applied }) => ({ foreign, applied }))).toEqual(
      plan.files.map(() => ({ foreign: false, applied: true })),
    );
    const ledger = formerHostFiles[`${FOLDER}/enrolled.json`] as Record<string, { accessor: string }>;
    expect(seen.users.map(({ accessors }) => accessors)).toEqual(
      seen.users.map(({ name }) => (ledger[name] === undefined ? [] : [ledger[name].accessor])),
    );
    expect(seen.users.filter(({ paused }) => paused).map(({ name }) => name)).toEqual(["bob"]);
  });
});

it("the note of the last repair is read", async () => {
  expect(await lastRepair(host.system)).toEqual(formerHostFiles["/var/lib/claude-fleet/assert.json"]);
});

it("the gate's record and a rotation's lock are read", async () => {
  const folder = "/srv/dev/token-host/auth.d";
  const { token } = formerCommands.find(({ name }) => name === "platform-gate")?.stdin["request"] as {
    token: Extract<HostRequest, { action: "rotation-state" }>["token"];
  };
  const moved = { ...token, file: join(host.root, token.file) };
  const seen = await ask({ action: "observe-token", token: moved, services: [] });
  expect(tokenFileObservation.parse(seen)).toMatchObject(formerHostFiles[`${folder}/gate.json`] as object);
  const state = await ask({ action: "rotation-state", token: moved, services: [] });
  expect(rotationState.parse(state).mark).toEqual(formerHostFiles[`${folder}/rotation.json`]);
});

it("the count of the rules' placements is read", async () => {
  const stdin = formerCommands.find(({ name }) => name === "test-rules")?.stdin as
    | { request: { rules: { directory: string; files: { path: string; mode: string; content: string }[] } } }
    | undefined;
  const { rules } = stdin!.request;
  const request = { action: "observe-rules", rules: { protocol: 1, ...rules } } as const;
  expect(rulesObservation.parse(await ask(request)).generation).toBe(1);
});
