import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { hostPlan } from "../../../plan/workstation/host-plan.ts";
import { loadPlan } from "../../../plan/load.ts";
import { DIGEST, settingsOf } from "../../support/plan/fixtures.ts";

const root = new URL("../../../", import.meta.url);
const read = (file: string) => ({ file, text: readFileSync(new URL(file, root), "utf8") });
const stack = read("Pulumi.prod.yaml");
const plan = loadPlan({
  settings: settingsOf(stack.text),
  settingsSource: stack,
  roster: read("roster.yaml"),
  projectFolder: "/project",
});

describe("the example in the root", () => {
  it("has the runbook's five services, with their containers, targets and order", () => {
    const [token, ...others] = plan.tokens;
    expect(others).toEqual([]);
    expect(token!.address).toEqual({ kind: "ssh", destination: "deploy@vps.example.net", become: [] });
    const runner = "/home/runner/.config/claude-code/auth.json";
    const appuser = "/home/appuser/.config/claude-code/auth.json";
    expect(token!.services.map(({ name, container, target }) => [name, container, target])).toEqual([
      ["runner-agent", "curateme-runner-agent", runner],
      ["runner-agent-blog", "curateme-runner-agent-blog", runner],
      ["backend-b2b", "curateme-backend-b2b", appuser],
      ["backend-gateway", "curateme-backend-gateway", appuser],
      ["celery-worker", "curateme-celery-worker", appuser],
    ]);
    const { driver } = token!;
    if (driver.kind !== "docker") throw new Error("The example's driver is docker.");
    for (const { image } of driver.containers)
      expect(image).toMatch(/^registry\.example\.net\/.*@sha256:(.)\1{63}$/);
  });

  it("has the runbook's values for diagnosis and rotation", () => {
    const [token] = plan.tokens;
    expect(token!.diagnosis).toMatchObject({
      gateway: { model: "claude-haiku-4-5", key: { variable: "CM_FLEET_GATEWAY_KEY" } },
      fallbackKey: { variable: "ANTHROPIC_FALLBACK_KEY" },
      logs: {
        windowSeconds: 3600,
        noise: ["llm_auth_refresh_token_revoked"],
        refused: ["anthropic_401_unauthorized", "gateway_request_failed status=401"],
        fallback: ["gateway_using_fallback_key"],
        subscription: ["max_subscription"],
      },
    });
    expect(token!.rotation).toMatchObject({
      environment: { variables: ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"] },
      issue: { number: 2395, apiUrl: "https://api.github.com" },
      alert: { name: "reauth_required", waitSeconds: 900 },
    });
  });

  it("has two workstations with users of all kinds", () => {
    expect(plan.workstations.map(({ name, users }) => [name, users.map((user) => user.name)])).toEqual([
      ["devvm", ["alice", "guest", "john.doe"]],
      ["gpu-lab", ["anca_elena98", "mihai"]],
    ]);
    expect(plan.workstations[0]!.vaultAddress).toBe("https://vault.internal.example.net:8200");
    expect(plan.workstations[1]!.vaultAddress).toBe(plan.vault.address);
  });

  it("gives timers to renewed users only", () => {
    const { files } = hostPlan(plan, plan.workstations[0]!, { version: "0.1.0", sha256: DIGEST });
    expect(files.map(({ path }) => path)).toEqual([
      "/etc/systemd/system/claude-auth-sync-backup@.service",
      "/etc/systemd/system/claude-auth-sync-now@.path",
      "/etc/systemd/system/claude-auth-sync-now@.service",
      "/etc/systemd/system/claude-auth-sync-recheck@.service",
      "/etc/systemd/system/claude-auth-sync@.path",
      "/etc/systemd/system/claude-auth-sync@.service",
      "/etc/systemd/system/claude-auth-sync@.timer",
      "/etc/systemd/system/claude-auth-sync@alice.timer.d/10-claude-fleet.conf",
      "/etc/systemd/system/claude-auth-sync@john.doe.timer.d/10-claude-fleet.conf",
      "/etc/systemd/system/claude-fleet-assert.service",
      "/etc/systemd/system/claude-fleet-assert.timer",
      "/etc/systemd/system/claude-fleet-collect.service",
      "/etc/systemd/system/claude-fleet-collect.timer",
      "/usr/local/bin/claude-auth-sync",
    ]);
  });

  it("names hosts of example domains only", () => {
    const hosts = JSON.stringify(plan).match(/[a-z0-9.-]+\.(?:net|com|org|io|ai|me|dev)\b/g) ?? [];
    expect(
      hosts.filter((host) => !/(?:^|\.)example\.(?:net|com)$|^api\.(?:anthropic|github)\.com$/.test(host)),
    ).toEqual([]);
  });

  it("runs as an ES module through tsx, and reviews drift at every preview", () => {
    expect(parse(read("Pulumi.yaml").text)).toMatchObject({
      name: "claude-fleet",
      main: "index.ts",
      runtime: { name: "nodejs", options: { typescript: false } },
      options: { refresh: "always" },
    });
  });
});
