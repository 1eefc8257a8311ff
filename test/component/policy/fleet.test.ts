/** Runs the policy pack on what the program registers for whole fleets. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { loadPlan } from "../../../plan/load.ts";
import type { FleetPlan } from "../../../plan/model.ts";
import { rules } from "../../../policy/rules.ts";
import { settingsOf } from "../../support/plan/fixtures.ts";
import { registrationsOf } from "../../support/component/policy/fleet.ts";
import { violationsOf } from "../../support/component/policy/judge.ts";

const root = new URL("../../../", import.meta.url);
const read = (file: string) => ({ file, text: readFileSync(new URL(file, root), "utf8") });

function example(change: (settings: Record<string, unknown>) => object = () => ({})): FleetPlan {
  const settings = settingsOf(read("Pulumi.prod.yaml").text);
  return loadPlan({
    settings: { ...settings, ...change(settings) },
    roster: read("roster.yaml"),
    projectFolder: "/project",
  });
}

const COMPOSE = {
  platform: {
    host: { ssh: "deploy@vps.example.net", become: "sudo -n" },
    file: "/srv/claude/auth.json",
    driver: { compose: { file: "compose.yml", directory: "/opt/platform" } },
    services: [{ name: "one", container: "one", target: "/run/auth.json", uid: 1000 }],
  },
};

it.each([
  ["the example in the root", example()],
  ["a fleet whose containers a compose file describes", example(() => ({ tokens: COMPOSE }))],
  [
    "a fleet that manages its mount, in a namespace",
    example(({ vault }) => ({ vault: { ...(vault as object), namespace: "team/a", manageMount: true } })),
  ],
])("%s keeps every rule", async (_what, plan) => {
  const registrations = await registrationsOf(plan);
  const types = new Set(registrations.map(({ type }) => type));
  for (const type of ["vault:index/policy:Policy", "command:local:Command", "pulumi:providers:vault"]) {
    expect(types).toContain(type);
  }
  expect(violationsOf(registrations, rules)).toEqual([]);
});

it("the same fleet breaks a rule when its plan was tampered with", async () => {
  const plan = example();
  const [workstation, ...others] = plan.workstations;
  const [user, ...users] = workstation?.users ?? [];
  const tampered = { ...user!, dataPath: "secret/data/workstation/claude-users/bob" };
  const registrations = await registrationsOf({
    ...plan,
    workstations: [{ ...workstation!, users: [tampered, ...users] }, ...others],
  });
  expect(violationsOf(registrations, rules).join("\n")).toContain("is not alice's own entry");
});
