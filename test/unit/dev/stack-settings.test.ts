import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { PEOPLE } from "../../../dev/people.ts";
import { serviceNames, stackConfig } from "../../../dev/stack-settings.ts";
import { loadPlan } from "../../../plan/load.ts";
import { complaintsByEditor } from "../../support/plan/json-schema.ts";

const config = stackConfig({
  fleet: "dev",
  vaultAddress: "http://127.0.0.1:8200",
  sshConfigFile: "/project/.dev/ssh/config",
  plugins: "stand-in",
  tokenFile: "/project/.dev/token-host/auth.json",
  environmentFile: "/project/.dev/token-host/.env.production",
  gatewayPort: 4712,
  gatewayKeySha256: "0".repeat(64),
  siteCommands: { task: ["/usr/bin/node", "task.mjs"], failedTasks: ["/usr/bin/node", "query.mjs"] },
  apiUrl: "http://127.0.0.1:4711",
  apiUrlForContainers: "http://172.17.0.1:4711",
  claude: "/root/.cache/claude-fleet/claude-code/1-linux-x64/claude",
  image: "claude-fleet-dev-123456/service:0123456789abcdef",
  network: "claude-fleet-dev-123456",
  prefix: "claude-fleet-dev-123456",
});

const plan = loadPlan({
  settings: Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith("claude-fleet:"))
      .map(([key, value]) => [key.replace("claude-fleet:", ""), value]),
  ),
  roster: {
    file: "dev/roster.yaml",
    text: readFileSync(new URL("../../../dev/roster.yaml", import.meta.url), "utf8"),
  },
  projectFolder: "/project",
});

it("settles a stack that the program accepts: the runbook's five services in its order, one host, four users", () => {
  expect(plan.tokens[0]?.services.map(({ name }) => name)).toEqual(serviceNames);
  expect(serviceNames).toEqual([
    "runner-agent",
    "runner-agent-blog",
    "backend-b2b",
    "backend-gateway",
    "celery-worker",
  ]);
  expect(plan.tokens[0]?.services.map(({ container }) => container)).toEqual(
    serviceNames.map((name) => `claude-fleet-dev-123456-${name}`),
  );
  expect(plan.workstations.map(({ name, users }) => [name, users.map((user) => user.name)])).toEqual([
    ["devvm", ["alice", "bob", "carol", "dave"]],
  ]);
});

it("passes the schema by which editors check a stack's file", () => {
  expect(complaintsByEditor.settings({ config: JSON.parse(JSON.stringify(config)) as unknown })).toEqual([]);
});

it("has an account with the same address for everyone in the roster", () => {
  const emails = new Map(PEOPLE.map(({ user, email }) => [user, email]));
  for (const { name, email } of plan.workstations.flatMap(({ users }) => users)) {
    expect(emails.get(name)).toBe(email);
  }
});
