// Whatever bob puts in the place of his status, root's figures about everybody else stay as they are.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DevEnvironment } from "../../dev/environment.ts";
import { figureOf } from "../support/environment/figures.ts";
import { figuresOf, forgeStatus, statusOf } from "../support/environment/forged-status.ts";
import { claudeFleet, comeToRest, environmentWithProvenLogins } from "../support/environment/operator.ts";
import { FLEET } from "../support/environment/vault.ts";
import { placesOf } from "../support/environment/workstation.ts";

let environment: DevEnvironment;
const folder = placesOf("bob").agentState.replace("/state.json", "");

beforeAll(async () => {
  environment = await environmentWithProvenLogins();
  for (const user of ["alice", "bob"]) await comeToRest(environment, user);
});
afterAll(async () => {
  for (const user of ["alice", "bob"]) await claudeFleet(environment, "resume", user);
});

it.each([
  ["a link to alice's", "symlink", `ln -sf ${statusOf("alice")} ${statusOf("bob")}`],
  ["a pipe without a writer", "not-a-file", `rm ${statusOf("bob")} && mkfifo ${statusOf("bob")}`],
  ["a second name of his own log", "hard-link", `ln -f ${folder}/sync.log ${statusOf("bob")}`],
  ["a file that is too long", "too-large", `head -c 1000000 /dev/zero > ${statusOf("bob")}`],
  ["text that breaks out of a label", "shape", `echo '{"class":"x\\"} 1"}' > ${statusOf("bob")}`],
  ["another fleet's", "other-fleet", `sed -i 's/"fleet":"${FLEET}"/"fleet":"prod"/' ${statusOf("bob")}`],
  ["a link in the place of a folder", "symlink", `cd ~ && mv .local/state kept && ln -s ~/kept .local/state`],
])("%s: only his figures go", async (_, reason, shell) => {
  const { before, after } = await forgeStatus(environment, shell);
  expect(before.get(figureOf("status_readable", "bob"))).toBe(1);
  expect(figuresOf(after, "alice")).toEqual(figuresOf(before, "alice"));
  expect(after.get(figureOf("status_readable", "bob"))).toBe(0);
  expect(after.get(`claude_fleet_statuses_unreadable{reason="${reason}"}`)).toBe(1);
  expect(after.get(figureOf("last_run_timestamp_seconds", "bob"))).toBeUndefined();
});
