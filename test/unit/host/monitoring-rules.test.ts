/** The files on the host of Prometheus: written, observed, repaired, and removed without touching other files. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rulesObservation, rulesResult } from "../../../contract/monitoring-rules.ts";
import { parseRequest } from "../../../contract/parse-messages.ts";
import { handle } from "../../../host/handlers.ts";
import type { MonitoringPlan } from "../../../plan/model.ts";
import { withoutCounter } from "../../../plan/drift/apply-counter.ts";
import { rulesEntries, rulesPlan } from "../../../plan/monitoring/rules-plan.ts";
import { load, STACK } from "../../support/plan/fixtures.ts";
import { fakeHost, fakeSession, type FakeHost } from "../../support/fakes/fake-host.ts";
import { FakeVault } from "../../support/fakes/fake-vault.ts";
import { rulesDrift } from "../../../plan/drift/prometheus-rules.ts";

const fleet = load({
  stack: `${STACK}  claude-fleet:monitoring:
    host: { local: true }
    directory: /etc/prometheus/claude-fleet
    runbook: https://wiki.example.com/operations
`,
});
const rules = rulesPlan(fleet, fleet.monitoring as MonitoringPlan);

let host: FakeHost;
let vault: FakeVault;
beforeEach(async () => {
  vault = await new FakeVault().start();
  host = await fakeHost("alice");
});
afterEach(() => vault.close());

const ask = async (action: "observe-rules" | "place-rules" | "remove-rules") => {
  const request = parseRequest(JSON.stringify({ action, rules }));
  return (
    await handle(request, { session: fakeSession(vault).session, system: () => Promise.resolve(host.system) })
  ).result;
};
const observe = async () => rulesObservation.parse(await ask("observe-rules"));
const place = async () => rulesResult.parse(await ask("place-rules"));
const folder = () => join(host.root, rules.directory);
const file = (name: string) => join(folder(), name);

test("a missing folder is drift, with another text than before", async () => {
  const first = rulesDrift(rules, await observe());
  await place();
  await rm(folder(), { recursive: true });
  const again = rulesDrift(rules, await observe());
  expect(again.map(withoutCounter)).toEqual(first.map(withoutCounter));
  expect(again).not.toEqual(first);
});

test("the files are written once, and named by their digests", async () => {
  expect((await observe()).generation).toBe(0);
  const first = rulesDrift(rules, await observe());
  expect(first.map(withoutCounter)).toEqual([`rules in ${rules.directory}: nothing has been placed there`]);
  expect((await place()).changed).toHaveLength(3);
  expect(await readFile(file("prometheus-rules.yaml"), "utf8")).toContain(
    "https://wiki.example.com/operations#claudelogindead",
  );
  expect(await place()).toEqual({ generation: 2, changed: [] });
  expect(rulesDrift(rules, await observe())).toEqual([]);
  expect(Object.keys(rulesEntries(rules))).toEqual([
    "prometheus-rules.yaml",
    "loki-rules.yaml",
    "dashboard.json",
  ]);
});

test("an edited or removed file is drift, is repaired, and is drift with another text the next time", async () => {
  await place();
  const breakThem = async () => {
    await writeFile(file("loki-rules.yaml"), "# Rendered by claude-fleet\ngroups: []\n");
    await rm(file("dashboard.json"));
    return rulesDrift(rules, await observe());
  };
  const notes = await breakThem();
  expect(notes).toHaveLength(2);
  expect(notes[0]).toMatch(
    /loki-rules.yaml: is [0-9a-f]{12} instead of [0-9a-f]{12} \(placement 1, [0-9a-f]{8}\)$/,
  );
  expect(notes[1]).toMatch(/dashboard.json: is missing \(placement 1, [0-9a-f]{8}\)$/);
  await place();
  expect(rulesDrift(rules, await observe())).toEqual([]);
  expect(await breakThem()).not.toEqual(notes);
});

test("a foreign file is not overwritten", async () => {
  await mkdir(folder(), { recursive: true });
  await writeFile(file("loki-rules.yaml"), "groups: []\n");
  await expect(place()).rejects.toThrow(/loki-rules.yaml is there already and is not claude-fleet's/);
  expect(await readdir(folder())).toEqual(["loki-rules.yaml"]);
});

test("only the fleet's files are removed, and the folder when it is empty", async () => {
  await place();
  await writeFile(file("mine.yaml"), "groups: []\n");
  await ask("remove-rules");
  expect(await readdir(folder())).toEqual(["mine.yaml"]);
  await rm(file("mine.yaml"));
  await place();
  await ask("remove-rules");
  expect(await readdir(dirname(folder()))).toEqual([]);
  expect(rulesResult.parse(await ask("remove-rules")).changed).toEqual([]);
});

test("a file outside of the folder is refused", () => {
  const files = [{ path: "/etc/passwd", mode: "0644", content: "" }];
  expect(() => parseRequest(JSON.stringify({ action: "remove-rules", rules: { ...rules, files } }))).toThrow(
    /a file outside of the folder/,
  );
});
