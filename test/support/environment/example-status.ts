/** A fleet in which everything happens at once, for those who look at how it is shown. */
import type { AgentStatus } from "../../../contract/agent-status.ts";
import type { TokenFileObservation } from "../../../contract/token-file.ts";
import type { WorkstationStatus } from "../../../contract/user-run.ts";
import { loadPlan } from "../../../plan/load.ts";
import { fleetStatus } from "../../../plan/status/fleet-status.ts";
import type { FleetStatus } from "../../../plan/status/rows.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 15, 9, 30);
const DIGEST = "3fa81c0de742".padEnd(64, "0");

const SERVICES = ["runner-agent", "runner-agent-blog", "backend-b2b", "backend-gateway", "celery-worker"];

const fine: AgentStatus = {
  ...{ version: 1, fleet: "prod", ranAt: NOW - 2 * HOUR, word: "OK", class: "ok", reason: "proven", why: "" },
  ...{ exitCode: 0, claude: "2.1.330", lastSuccessAt: NOW - 2 * HOUR, lastRefreshProvenAt: NOW - 8 * HOUR },
  ...{ failingSince: null, kind: "login", accessExpiresAt: NOW + 5 * HOUR, loginExpiresAt: NOW + 19 * DAY },
  ...{ loginExpiryEstimated: false, vaultTokenExpiresAt: NOW + 32 * DAY, restores: 0, lastRestoreAt: null },
  backup: { state: "unchanged", storedAt: NOW - 8 * HOUR, matches: true, pendingSince: null, written: 12 },
};

const USERS: Readonly<Record<string, Partial<AgentStatus>>> = {
  alice: {},
  anca_elena98: { loginExpiresAt: NOW + 5 * DAY },
  bob: {
    ...{ word: "FAIL", class: "auth-dead", reason: "blanked", exitCode: 10, lastSuccessAt: NOW - 9 * HOUR },
    why: "The CLI has emptied the login. bob runs `claude auth login --claudeai --sso --email bob@example.com` on this host.",
  },
  carol: { word: "INFO", class: "awaiting-login", reason: "no-login", kind: null, loginExpiresAt: null },
  "john.doe": { kind: "setup-token", loginExpiresAt: NOW + 210 * DAY },
  mallory: { why: "<script>alert(1)</script>", word: "WARN", class: "limit", reason: "usage" },
};

/** Two workstations, one of which is silent, and five containers, one of which lags behind. */
export function exampleStatus(): FleetStatus {
  const names = Object.keys(USERS);
  const plan = loadPlan({
    settings: {
      fleet: "prod",
      vault: { address: "https://vault.example.net" },
      tokens: {
        platform: {
          host: { ssh: "deploy@vps.example.net" },
          file: "/home/deploy/.config/claude-code/auth.json",
          services: SERVICES.map((name) => ({
            ...{ name, container: `curateme-${name}`, image: "app:1", target: "/run/auth.json", uid: 1000 },
          })),
        },
      },
    },
    settingsSource: { file: "Pulumi.prod.yaml", text: "" },
    projectFolder: "/project",
    roster: { file: "roster.yaml", text: roster(names) },
  });
  const devvm: WorkstationStatus = {
    ...{
      protocol: 1,
      workstation: "devvm",
      now: NOW,
      collectedAt: NOW - 20_000,
      repair: null,
      untrusted: [],
    },
    users: names.map((user) => ({
      ...{ user, renewed: true, enrolled: true, paused: user === "mallory", nextRunAt: NOW + 4 * HOUR },
      status: { ...fine, ...USERS[user] },
    })),
  };
  const silent =
    "desk7.example.net: it does not answer; check that the host is up and reachable from here (VPN, jump host).";
  return fleetStatus(
    plan,
    {
      workstations: new Map([
        ["devvm", { kind: "seen", found: devvm }],
        ["desk7", { kind: "unknown", reason: silent }],
      ]),
      tokens: new Map([["platform", { kind: "seen", found: token() }]]),
    },
    NOW,
  );
}

function roster(names: readonly string[]): string {
  const users = names.map((name) => `  ${name}: { workstation: devvm, email: ${name}@example.com }`);
  return [
    "workstations:",
    "  devvm: { ssh: devvm.example.net }",
    "  desk7: { ssh: desk7.example.net }",
    "users:",
    ...users,
    "  erin: { workstation: desk7, email: erin@example.com }",
    "  guest: { workstation: devvm, email: guest@example.com, renewal: false }",
    "",
  ].join("\n");
}

function token(): TokenFileObservation {
  return {
    ...{ protocol: 1, missing: [], type: "file", sha256: DIGEST, mode: "0600", uid: 1000, size: 300 },
    ...{ mtimeMs: NOW - 40 * DAY, kind: "setup-token", expiresAtMs: NOW + 310 * DAY, complaints: [] },
    ...{
      copies: [`${DIGEST}.1000`],
      spoiled: [],
      generation: 4,
      mark: "0a1b2c3d",
      passed: [DIGEST],
      others: [],
      composeServices: null,
    },
    containers: SERVICES.map((name) => ({
      name: `curateme-${name}`,
      sha256: name === "celery-worker" ? "77aa01".padEnd(64, "0") : DIGEST,
      of: { token: "platform", service: name },
      running: true,
      ...{ status: "running", health: "healthy", networks: ["platform"], networkMode: "platform" },
      ...{ definition: null, settings: null },
      readOnly: true,
      source: `/home/deploy/.config/claude-code/auth.d/${DIGEST}.1000.json`,
    })),
  };
}
