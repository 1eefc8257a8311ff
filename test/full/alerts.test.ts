/** A real Prometheus reads the workstation's own metrics: a login breaks, the alert fires, and its command repairs the login. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DevEnvironment } from "../../dev/environment.ts";
import { WATCHED } from "../../plan/monitoring/promql.ts";
import { environmentWithProvenLogins, hearClaudeFleet } from "../support/environment/operator.ts";
import { startPrometheus, type LiveAlert, type Prometheus } from "../support/environment/prometheus.ts";
import { FLEET } from "../support/environment/vault.ts";
import {
  logIn,
  onWorkstation,
  person,
  readCredentials,
  writeCredentials,
} from "../support/environment/workstation.ts";

let environment: DevEnvironment;
let prometheus: Prometheus;

beforeAll(async () => {
  environment = await environmentWithProvenLogins();
  const container = environment.docker.getContainer(environment.workstationContainer);
  const { Pid: pid } = (await container.inspect()).State;
  // The folder as the workstation has it, without a copy between.
  prometheus = await startPrometheus(`/proc/${pid}/root/var/lib/claude-fleet/metrics`);
  // Two renderings by the collector's own timer: figures are fresh when they change.
  await until(async () => (await prometheus.count(`${WATCHED}{user="bob"}`)) === 1);
});
afterAll(() => prometheus.stop());

/** Returns the alerts about bob that ask for something. An earlier test may have restored his login, which is only told of. */
const aboutBob = async (): Promise<readonly LiveAlert[]> =>
  (await prometheus.firing()).filter(
    ({ labels }) => labels["user"] === "bob" && labels["severity"] !== "info",
  );

it("an emptied login is told of by itself, once, and the command in the alert ends it", async () => {
  const quiet = await aboutBob();
  expect(quiet).toEqual([]);

  // What the CLI leaves behind when the server has refused the refresh token; Vault's copy is dead, too.
  await environment.anthropic.revoke({ email: person("bob").email });
  const { claudeAiOauth } = JSON.parse((await readCredentials(environment, "bob")) ?? "") as {
    claudeAiOauth: object;
  };
  const emptied = { ...claudeAiOauth, accessToken: "", refreshToken: "", expiresAt: 0 };
  await writeCredentials(environment, "bob", { claudeAiOauth: emptied });

  await until(async () => (await aboutBob()).length > 0);
  const [alert, ...more] = await aboutBob();
  expect(more).toEqual([]);
  expect(alert?.labels).toEqual({
    ...{ alertname: "ClaudeLoginDead", severity: "critical" },
    ...{ fleet: FLEET, workstation: "devvm", user: "bob" },
  });
  expect(alert?.annotations["command"]).toBe("npx claude-fleet login bob");
  expect((await prometheus.firing()).filter(({ labels }) => labels["user"] === "alice")).toEqual([]);

  const words = (alert?.annotations["command"] ?? "").split(" ").slice(2);
  let loggedIn: Promise<string> | undefined;
  const hear = (output: string) => {
    if (output.includes("type:")) loggedIn ??= logIn(environment, "bob");
  };
  const repaired = await hearClaudeFleet(environment, hear, ...words);
  expect(repaired.code, repaired.output).toBe(0);
  await until(async () => (await aboutBob()).length === 0);
  expect(await onWorkstation(environment, "systemctl is-active claude-fleet-collect.timer")).toBe("active\n");
});

/** Waits until it is so; the test's own time is the limit. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(500);
}
