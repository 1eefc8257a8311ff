/** Declares whole fleets under mocks, as the program does when no host has drift. */
import { declareFleet } from "../../../../program/declare.ts";
import type { FleetReview } from "../../../../program/review.ts";
import { definitionLabels } from "../../../../plan/drift/containers.ts";
import { planEntries } from "../../../../plan/digests.ts";
import { rulesPlan } from "../../../../plan/monitoring/rules-plan.ts";
import { hostPlan } from "../../../../plan/workstation/host-plan.ts";
import type { FleetPlan } from "../../../../plan/model.ts";
import { register, type Registration } from "../harness.ts";

const SHA256 = "a1".repeat(32);
const PROGRAM = { version: "0.1.0-a1a1a1a1a1a1", sha256: SHA256 };

/** Returns everything that the program registers for these plans. */
export function registrationsOf(...plans: readonly FleetPlan[]): Promise<readonly Registration[]> {
  const declare = () =>
    Promise.all(plans.map((plan) => declareFleet(plan, calmReview(plan), "claude-fleet-test")));
  return register(declare, undefined, gateOutputs);
}

/** What a token's host reports before the first rollout. */
const NOTHING = { containers: [], generation: 0, mark: "0a1b2c3d" };

/** Returns the review of a fleet in which all hosts answer, there is no drift, and no user moves. */
export function calmReview(plan: FleetPlan): FleetReview {
  const nothing = { drift: undefined, drifts: [], unknown: [], warnings: [] };
  return {
    workstations: plan.workstations.map((workstation) => {
      const wanted = hostPlan(plan, workstation, PROGRAM);
      const seen = { unenrolDrift: undefined, awaitingLogin: new Map<string, boolean>(), ...nothing };
      return { workstation, wanted, entries: planEntries(wanted), after: [workstation.name], ...seen };
    }),
    tokens: plan.tokens.map((token) => {
      const seen = {
        containers: new Map(),
        definitions: definitionLabels(token, NOTHING),
        refused: false,
        announced: undefined,
        withheld: undefined,
        ...nothing,
      };
      return { token, sha256: SHA256, ...seen };
    }),
    rules: plan.monitoring && {
      monitoring: plan.monitoring,
      ...{ wanted: rulesPlan(plan, plan.monitoring), ...nothing },
    },
    unowned: nothing,
    conflicts: nothing,
    purges: plan.renewal.purgeBackupsOf.map((user) => ({ user, ...nothing })),
  };
}

/** Returns the outputs of a gate that has passed a file with this digest; nothing for any other resource. */
export function gateOutputs(name: string, sha256 = SHA256): Record<string, unknown> {
  const result = { sha256, generation: 1, kind: "setup-token", copies: [] };
  return name.endsWith("-gate") ? { stdout: JSON.stringify(result) } : {};
}
