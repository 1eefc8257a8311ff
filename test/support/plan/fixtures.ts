/** A small right fleet, ways to break it, and what the loader then says. */
import { parse } from "yaml";
import { formatProblem } from "../../../plan/problems.ts";
import { loadPlan, PlanError, type PlanSources } from "../../../plan/load.ts";
import type { FleetPlan } from "../../../plan/model.ts";

export const DIGEST = "0".repeat(64);

export const STACK = `config:
  claude-fleet:fleet: test
  claude-fleet:vault:
    address: https://vault.example.net
  claude-fleet:tokens:
    platform:
      host: { ssh: deploy@vps.example.net }
      file: /srv/claude/auth.json
      services:
        - { name: one, container: one-container, image: "app:1", target: /run/auth.json, uid: 1000 }
`;

export const ROSTER = `workstations:
  devvm:
    ssh: deploy@devvm.example.net
    become: sudo -n
users:
  alice:
    workstation: devvm
    email: alice@example.com
`;

/** The settings of a stack's file, as Pulumi hands them over. */
export function settingsOf(text: string): Record<string, unknown> {
  const { config } = parse(text) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(/^claude-fleet:/, ""), value]),
  );
}

export function load(
  changes: { stack?: string; roster?: string } & Omit<Partial<PlanSources>, "roster"> = {},
): FleetPlan {
  const { stack = STACK, roster = ROSTER, ...rest } = changes;
  return loadPlan({
    settings: settingsOf(stack),
    settingsSource: { file: "Pulumi.test.yaml", text: stack },
    projectFolder: "/project",
    ...rest,
    roster: { file: "roster.yaml", text: roster },
  });
}

/** Each problem as the line that a person sees; empty when the plan was loaded. */
export function problems(changes: Parameters<typeof load>[0]): string[] {
  try {
    load(changes);
    return [];
  } catch (error) {
    if (error instanceof PlanError) return error.problems.map(formatProblem);
    throw error;
  }
}

/** A roster with one user of this name. */
export function rosterWith(name: string): string {
  return `workstations:
  devvm: { ssh: devvm }
users:
  ${JSON.stringify(name)}: { workstation: devvm, email: a@example.com }
`;
}
